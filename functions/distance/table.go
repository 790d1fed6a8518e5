package distance

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"lastmile/shared/httpapi"
	"lastmile/shared/road"
)

// work is the memory of one request.
type work struct {
	request  tableRequest
	body     []byte
	from, to ends
	costs    []road.Cost
	out      []byte
}

// ends are the places of one side of a table: those that are on the roads, and
// for each of the request's its number among them, or why it has none.
type ends struct {
	places []road.Place
	number []int // -1 for none
	why    []string
}

func (f *Function) postTable(w http.ResponseWriter, r *http.Request) {
	k := f.work.Get().(*work)
	defer f.work.Put(k)
	var err error
	if k.body, err = readAll(k.body[:0], r.Body); err != nil {
		refuse(w, err)
		return
	}
	q := &k.request
	if err := q.decode(k.body); err != nil {
		refuse(w, err)
		return
	}
	if err := checkSize(len(q.sources), len(q.targets)); err != nil {
		refuse(w, err)
		return
	}
	v := f.roads.enter()
	defer v.leave()
	o := road.SnapOptions{Radius: float64(q.radius), Islands: q.islands}
	f.locate(r.Context(), v, q.sources, q.targets)
	f.resolve(&k.from, v, q.sources, o)
	f.resolve(&k.to, v, q.targets, o)
	f.couriers.rise(v, q.sources, &k.from)
	k.ask(v, f.until(r, time.Duration(q.timeout)*time.Millisecond))
	k.out = append(k.out[:0], `{"code":"Ok"`...)
	k.appendMatrix("durations", func(c road.Cost) int64 { return c.Millis })
	k.appendMatrix("distances", func(c road.Cost) int64 { return c.Millimetres })
	k.appendProblems()
	k.out = append(k.out, "}\n"...)
	reply(w, k.out)
}

func checkSize(sources, targets int) error {
	switch {
	case sources == 0 || targets == 0:
		return fmt.Errorf("%w: sources and targets must not be empty", errSyntax)
	case sources*targets > maxCells:
		return fmt.Errorf("%w: a table of %d cells; ask for at most %d at once", errTooLarge, sources*targets, maxCells)
	}
	return nil
}

// readAll reads a body into memory that is used again.
func readAll(to []byte, from io.Reader) ([]byte, error) {
	for {
		to = slices.Grow(to, 4096)
		n, err := from.Read(to[len(to):cap(to)])
		to = to[:len(to)+n]
		if err == io.EOF {
			return to, nil
		}
		if err != nil {
			return to, err
		}
	}
}

// resolve finds the places of one side on the roads.
func (f *Function) resolve(e *ends, v view, spots []spot, o road.SnapOptions) {
	e.places, e.number, e.why = e.places[:0], e.number[:0], e.why[:0]
	f.couriers.mu.RLock()
	defer f.couriers.mu.RUnlock()
	for _, s := range spots {
		var p road.Place
		var why string
		if s.id != nil {
			p, why = f.couriers.place(v, s.id)
		} else if found, err := v.roadmap.Snap(s.point, o); err != nil {
			why = err.Error()
		} else {
			p = found
		}
		e.add(p, why)
	}
}

func (e *ends) add(p road.Place, why string) {
	e.why = append(e.why, why)
	if why != "" {
		e.number = append(e.number, -1)
		return
	}
	e.number = append(e.number, len(e.places))
	e.places = append(e.places, p)
}

// ask fills in the costs between the places that are on the roads.
func (k *work) ask(v view, stop func() bool) {
	cells := len(k.from.places) * len(k.to.places)
	k.costs = slices.Grow(k.costs[:0], cells)[:cells]
	v.finder.Table(k.costs, k.from.places, k.to.places, stop)
}

// cost returns that of a cell of the request; it is false for a place that is
// not on the roads.
func (k *work) cost(i, j int) (road.Cost, bool) {
	row, col := k.from.number[i], k.to.number[j]
	if row < 0 || col < 0 {
		return road.Unreachable, false
	}
	return k.costs[row*len(k.to.places)+col], true
}

// appendMatrix appends one of the two matrices, in seconds or metres; cells
// without an answer are null.
func (k *work) appendMatrix(name string, of func(road.Cost) int64) {
	k.out = append(append(append(k.out, `,"`...), name...), `":[`...)
	for i := range k.from.number {
		if i > 0 {
			k.out = append(k.out, ',')
		}
		k.out = append(k.out, '[')
		for j := range k.to.number {
			if j > 0 {
				k.out = append(k.out, ',')
			}
			c, _ := k.cost(i, j)
			k.out = appendThousandths(k.out, of(c))
		}
		k.out = append(k.out, ']')
	}
	k.out = append(k.out, ']')
}

// appendThousandths appends n/1000, or null if n is negative.
func appendThousandths(b []byte, n int64) []byte {
	if n < 0 {
		return append(b, "null"...)
	}
	b = strconv.AppendInt(b, n/1000, 10)
	if rest := n % 1000; rest != 0 {
		b = append(b, '.', '0'+byte(rest/100), '0'+byte(rest/10%10), '0'+byte(rest%10))
	}
	return b
}

// maxProblems bounds the explanations of single cells.
const maxProblems = 100

// appendProblems tells why cells are null, and whether any was left out for lack
// of time.
func (k *work) appendProblems() {
	unasked, unreachable, listed := 0, 0, false
	problem := func(text string, args ...any) {
		if k.out = append(k.out, ','); !listed {
			k.out = append(k.out, `"problems":[`...)
			listed = true
		}
		k.out = fmt.Appendf(k.out, text, args...)
	}
	for n, e := range []*ends{&k.from, &k.to} {
		for i, why := range e.why {
			if why != "" {
				problem(`{"%s":%d,"reason":%q}`, [2]string{"source", "target"}[n], i, why)
			}
		}
	}
	for cell, c := range k.costs {
		switch c {
		case road.Unasked:
			unasked++
		case road.Unreachable:
			if unreachable++; unreachable <= maxProblems {
				i, j := k.from.nth(cell/len(k.to.places)), k.to.nth(cell%len(k.to.places))
				problem(`{"source":%d,"target":%d,"reason":"no way leads there"}`, i, j)
			}
		}
	}
	if listed {
		k.out = append(k.out, ']')
	}
	k.out = fmt.Appendf(k.out, `,"complete":%t,"unasked":%d,"unreachable":%d`, unasked == 0, unasked, unreachable)
}

// nth returns the request's number of a place on the roads.
func (e *ends) nth(n int) int { return slices.Index(e.number, n) }

// refuse answers a request that cannot be understood, or asks for too much.
func refuse(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	var tooLong *http.MaxBytesError
	if errors.Is(err, errTooLarge) || errors.As(err, &tooLong) {
		status = http.StatusRequestEntityTooLarge
	}
	httpapi.Refuse(w, status, err.Error())
}
