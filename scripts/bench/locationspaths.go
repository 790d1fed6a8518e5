package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"lastmile/shared/event"
	"lastmile/shared/realtime"
	"lastmile/shared/track/broadcast"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

const (
	producers    = 10_000
	producerSpan = 5 * time.Second
	underWay     = 200 * time.Millisecond // what the last may take to arrive
)

// benchPaths lets 10,000 couriers report one fix a second each to one instance,
// with somebody on that instance who watches half of them, and somebody on
// another instance who watches the others. There are no sockets: it is what
// happens between the frame of a courier and the frame of a watcher.
func benchPaths(ctx context.Context, r *report, c *goredis.Client) error {
	p := &paths{}
	here, err := p.join(ctx, c, 0)
	if err != nil {
		return err
	}
	defer here.close(ctx)
	there, err := p.join(ctx, c, 1)
	if err != nil {
		return err
	}
	defer there.close(ctx)
	store := trackredis.New(c, trackredis.Options{})
	i := intake.New(store, intake.NewFlush(store, nowhere{}), intake.Options{Broadcaster: broadcast.New(here.publisher)})
	if err := p.run(ctx, i, -1); err != nil { // everybody is met for the first time
		return err
	}
	time.Sleep(underWay)
	here.reset()
	there.reset()
	began := time.Now()
	p.kept = nil
	for n := range int(producerSpan / time.Second) {
		if err := p.run(ctx, i, n); err != nil {
			return err
		}
	}
	rate := float64(len(p.kept)) / time.Since(began).Seconds()
	time.Sleep(underWay)
	lost := len(p.kept) - len(here.took) - len(there.took)
	if lost == len(p.kept) {
		return errors.New("no watcher was told of anything")
	}
	p.print(r, here.took, there.took, fmt.Sprintf("%.0f fixes/s, %d lost", rate, lost))
	return nil
}

// paths is the watch on both paths.
type paths struct {
	sent [producers]atomic.Int64 // when each courier's last fix was, in nanoseconds

	mu   sync.Mutex
	kept []time.Duration // guarded by mu; how long Accept took
}

// run lets every courier report once within a second, evenly.
func (p *paths) run(ctx context.Context, i *intake.Intake, n int) error {
	began := time.Now()
	var group sync.WaitGroup
	errs := make(chan error, producers)
	for courier := range producers {
		due := began.Add(time.Duration(courier) * time.Second / producers)
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		group.Go(func() {
			start := time.Now()
			p.sent[courier].Store(start.UnixNano())
			if _, err := i.Accept(ctx, ride(courier, n+1, start, "")); err != nil {
				errs <- err
			}
			took := time.Since(start)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.kept = append(p.kept, took)
		})
	}
	group.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func (p *paths) print(r *report, here, there []time.Duration, what string) {
	row := func(work string, took []time.Duration, aim time.Duration) {
		half, most := percentile(took, 50), percentile(took, 99)
		r.row(work, fmt.Sprintf("p50 %s, p99 %s", us(half), us(most)), "", "", fmt.Sprintf("p99 < %s", us(aim)), most < aim)
	}
	row("10,000 couriers at 1 Hz ("+what+"): to a watcher on the same instance", here, time.Millisecond)
	row("to a watcher on another instance", there, 5*time.Millisecond)
	half, most := percentile(p.kept, 50), percentile(p.kept, 99)
	r.row("until the position is kept, and the courier answered", fmt.Sprintf("p50 %s, p99 %s", us(half), us(most)), "", "", "", false)
}

// watcher is an instance on which somebody watches every other courier.
type watcher struct {
	paths     *paths
	publisher *realtime.Publisher
	node      *realtime.Node
	members   map[realtime.Audience]int // to the courier

	mu   sync.Mutex
	took []time.Duration // guarded by mu
}

func (p *paths) join(ctx context.Context, c *goredis.Client, odd int) (*watcher, error) {
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	if err != nil {
		return nil, err
	}
	w := &watcher{paths: p, members: make(map[realtime.Audience]int)}
	if w.publisher, err = realtime.NewPublisher(ctx, c, kinds, realtime.Options{}); err != nil {
		return nil, err
	}
	var members []realtime.Member
	for courier := odd; courier < producers; courier += 2 {
		to := realtime.Topic("courier", fmt.Sprint("courier-", courier))
		w.members[to] = courier
		members = append(members, realtime.Member{To: to, Tag: "1"})
	}
	if w.node, err = realtime.Join(ctx, w.publisher, w, realtime.NodeOptions{}); err != nil {
		return nil, err
	}
	for some := range slices.Chunk(members, 500) {
		if _, err := w.node.Attach(ctx, some...); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *watcher) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = nil
}

func (w *watcher) close(ctx context.Context) { _ = w.node.Close(ctx) }

// Deliver implements [realtime.Host].
func (w *watcher) Deliver(d realtime.Delivery) bool {
	courier, ok := w.members[d.To]
	if !ok {
		return false
	}
	took := time.Duration(time.Now().UnixNano() - w.paths.sent[courier].Load())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.took = append(w.took, took)
	return true
}

// Members implements [realtime.Host].
func (w *watcher) Members() iter.Seq2[realtime.Audience, string] {
	return func(yield func(realtime.Audience, string) bool) {
		for to := range w.members {
			if !yield(to, "1") {
				return
			}
		}
	}
}

// Interrupted implements [realtime.Host].
func (w *watcher) Interrupted(bool) {}

// nowhere is a bus whose messages nobody needs.
type nowhere struct{}

func (nowhere) Publish(context.Context, ...event.Event) error { return nil }
