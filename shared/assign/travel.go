package assign

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"lastmile/shared/geo"
)

// Travel tells how long the way between two places takes.
type Travel interface {
	Time(from, to geo.Point) time.Duration
}

// Straight is the fallback without a road map: the straight line at so many
// metres a second.
type Straight float64

// Time returns the whole seconds from one place to the other.
func (s Straight) Time(from, to geo.Point) time.Duration {
	return time.Duration(math.Ceil(geo.Distance(from, to)/float64(s))) * time.Second
}

// Table is a set of known times, such as answers of the distance service.
type Table struct {
	times map[leg]time.Duration

	// otherwise tells the times that are not in the table.
	otherwise Travel
}

type leg struct{ From, To geo.Point }

// NewTable returns an empty table; otherwise tells what it does not know.
func NewTable(otherwise Travel) *Table {
	return &Table{times: map[leg]time.Duration{}, otherwise: otherwise}
}

// Set notes the time from one place to another.
func (t *Table) Set(from, to geo.Point, d time.Duration) { t.times[leg{from, to}] = d }

// Time returns the time that was set, or else the fallback's, which it keeps:
// a table that a round has asked replays the round.
func (t *Table) Time(from, to geo.Point) time.Duration {
	d, known := t.times[leg{from, to}]
	if !known {
		d = t.otherwise.Time(from, to)
		t.times[leg{from, to}] = d
	}
	return d
}

// packed is the form in which a table is stored: a place that is at the end of many
// ways stands in it once.
type packed struct {
	Places []geo.Point `json:"places"`
	Ways   [][3]int64  `json:"ways"` // from and to, by their place above, and the nanoseconds
}

// MarshalJSON returns all times of the table, without its fallback. Equal tables
// have equal bytes.
func (t *Table) MarshalJSON() ([]byte, error) {
	number := make(map[geo.Point]int64)
	p := packed{Ways: make([][3]int64, 0, len(t.times))}
	for l := range t.times {
		number[l.From], number[l.To] = 0, 0
	}
	p.Places = slices.SortedFunc(maps.Keys(number), comparePoints)
	for i, place := range p.Places {
		number[place] = int64(i)
	}
	for l, d := range t.times {
		p.Ways = append(p.Ways, [3]int64{number[l.From], number[l.To], int64(d)})
	}
	slices.SortFunc(p.Ways, func(a, b [3]int64) int { return slices.Compare(a[:], b[:]) })
	return json.Marshal(p)
}

func comparePoints(p, q geo.Point) int {
	return cmp.Or(cmp.Compare(p.Lat, q.Lat), cmp.Compare(p.Lng, q.Lng))
}

// guess is what a table that was stored says of ways that it does not know: a
// bicycle in a town.
const guess = Straight(5)

// UnmarshalJSON fills the table with times that were marshalled.
func (t *Table) UnmarshalJSON(data []byte) error {
	var p packed
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	t.times, t.otherwise = make(map[leg]time.Duration, len(p.Ways)), guess
	for _, w := range p.Ways {
		if last := int64(len(p.Places)) - 1; min(w[0], w[1]) < 0 || max(w[0], w[1]) > last {
			return fmt.Errorf("way from %d to %d, of places 0 to %d", w[0], w[1], last)
		}
		t.times[leg{p.Places[w[0]], p.Places[w[1]]}] = time.Duration(w[2])
	}
	return nil
}
