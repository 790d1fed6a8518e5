package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// loader is a load under way.
type loader struct {
	*client
	out       io.Writer
	end       time.Time
	listening sync.WaitGroup // sockets

	connects, reports, moved, quotes, placed, news *series

	couriers  []string // their tokens
	customers []string // theirs
	at        storefront
	awaited   awaited
}

const (
	together  = 16              // are signed in at once
	perPerson = 16              // sockets of one operator: a gateway lets in no more
	settle    = 2 * time.Second // is left to what is still on its way
)

// load signs everybody in, bears down on the platform as long as o says, and
// returns what was measured.
func load(ctx context.Context, o options, out io.Writer) (*report, error) {
	ctx, stop := context.WithCancel(ctx)
	l := &loader{
		client: newClient(o), out: out,
		connects: newSeries("a socket: dialled, welcome"),
		reports:  newSeries("a courier's report: due, answered"),
		moved:    newSeries("a courier's move: due, on a watcher's socket"),
		quotes:   newSeries("a cart: due, validated"),
		placed:   newSeries("an order: due, validated and placed"),
		news:     newSeries("an order: due, on the customer's socket"),
	}
	defer l.http.CloseIdleConnections()
	defer l.listening.Wait()
	defer stop()
	l.connects.begin(time.Now())
	for _, step := range []func(context.Context) error{l.hire, l.watch, l.invite} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(out, "%d sockets, %d producers, %g orders a second, for %s\n", o.sockets, o.producers, o.orders, o.lasts)
	began := time.Now()
	l.end = began.Add(o.lasts)
	for _, s := range l.paced() {
		s.begin(began)
	}
	var work sync.WaitGroup
	work.Go(func() { pace(ctx, float64(o.producers), l.end, l.report) })
	work.Go(func() { pace(ctx, o.orders, l.end, l.order) })
	work.Wait()
	if err := sleep(ctx, settle); err != nil {
		return nil, err
	}
	stop()
	l.listening.Wait()
	return l.summary(began), nil
}

// paced are the series of what is due at times.
func (l *loader) paced() []*series { return []*series{l.reports, l.moved, l.quotes, l.placed, l.news} }

// people signs in n of an entity.
func (l *loader) people(ctx context.Context, entity, prefix string, n int) ([]string, error) {
	tokens := make([]string, n)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for i := range tokens {
		g.Go(func() (err error) {
			tokens[i], err = l.signIn(ctx, entity, fmt.Sprintf("%s-%04d", prefix, i))
			return err
		})
	}
	return tokens, g.Wait()
}

func courier(i int) string { return fmt.Sprintf("load-courier-%04d", i) }

func (l *loader) hire(ctx context.Context) (err error) {
	l.couriers, err = l.people(ctx, "courier", "load-courier", l.producers)
	return err
}

// watch opens the sockets, each of which watches one courier.
func (l *loader) watch(ctx context.Context) error {
	operators, err := l.people(ctx, "operator", "load-operator", (l.sockets+perPerson-1)/perPerson)
	if err != nil {
		return err
	}
	g := errgroup.Group{}
	g.SetLimit(together)
	for i := range l.sockets {
		var topics []string
		if l.producers > 0 {
			topics = []string{"courier:" + courier(i%l.producers)}
		}
		g.Go(func() error { return l.listen(ctx, operators[i/perPerson], topics, l.see) })
	}
	return g.Wait()
}

// see notes how long a position took to a watcher: a fix is of the time at which
// it was due.
func (l *loader) see(f frame) {
	var m struct{ At time.Time }
	if f.Kind == "courier.moved" && json.Unmarshal(f.Data, &m) == nil {
		l.moved.done(m.At, time.Now(), nil)
	}
}

// report has a courier say where they are, a little further on each time.
func (l *loader) report(ctx context.Context, n int, due time.Time) {
	who, round := n%l.producers, n/l.producers
	fix := object{"at": due.UTC(), "lat": 35.9 + float64(who%100)*1e-3 + float64(round)*1e-5, "lng": 14.5 + float64(who/100)*1e-3}
	path := "/v1/couriers/" + courier(who) + "/locations"
	err := l.call(ctx, l.couriers[who], http.MethodPost, path, object{"fixes": []object{fix}}, nil)
	l.reports.done(due, time.Now(), err)
}

// summary is of sockets that are closed.
func (l *loader) summary(began time.Time) *report {
	r := &report{options: l.options, measured: began}
	for _, s := range append([]*series{l.connects}, l.paced()...) {
		if s.all.TotalCount() > 0 || s.failures() > 0 {
			r.series = append(r.series, s)
		}
	}
	return r
}
