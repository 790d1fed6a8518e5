package logs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ErrStoreDown says that the store refused records lately. They are kept and
// offered again while the buffer has room.
var ErrStoreDown = errors.New("logs: the store is down")

// errClosed says that a flush came after Close.
var errClosed = errors.New("logs: closed")

// entry is a record that waits. Its attributes are decoded by the writer, off
// the path that logged them.
type entry struct {
	Record
	attrs []byte
}

// round is one append that callers of flush wait for.
type round struct {
	done chan struct{}
	err  error // set before done is closed
}

// queue buffers records for a store. Its goroutine is the writer's run, which
// ends in close.
type queue struct {
	limit   int
	dropped atomic.Int64
	wake    chan struct{} // capacity 1: there is something to look at
	quit    chan struct{}
	gone    chan struct{} // closed when the writer has ended

	mu      sync.Mutex
	waiting []entry        // guarded by mu
	started map[string]int // guarded by mu: where the lifecycles in waiting are
	next    *round         // guarded by mu: those who wait for the next append
	held    int            // guarded by mu: records that the writer has in its hands
	down    bool           // guarded by mu: the last append failed
	closed  bool           // guarded by mu
}

func startQueue(s Store, limit int, linger time.Duration, report func(lost int64)) *queue {
	if limit <= 0 {
		limit = 4096
	}
	if linger <= 0 {
		linger = 50 * time.Millisecond
	}
	q := &queue{
		limit: limit, started: map[string]int{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), gone: make(chan struct{}),
	}
	w := &writer{queue: q, store: s, linger: linger, report: report}
	go w.run()
	return q
}

// put adds e, or replaces the entry of the same lifecycle that still waits. A
// full queue drops it; the last eighth is kept for warnings and lifecycles.
func (q *queue) put(e entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i, ok := q.started[e.ID]; ok {
		q.waiting[i] = e
		return
	}
	if q.closed || len(q.waiting)+q.held >= q.limitFor(e) {
		q.dropped.Add(1)
		return
	}
	if e.State == StateStarted {
		q.started[e.ID] = len(q.waiting)
	}
	q.waiting = append(q.waiting, e)
	if n := len(q.waiting); n == 1 || n == q.limit/2 {
		q.signal()
	}
}

func (q *queue) limitFor(e entry) int {
	if e.Kind == KindLifecycle || e.Level == "WARNING" || e.Level == "ERROR" {
		return q.limit
	}
	return q.limit - q.limit/8
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// flush waits for an append that begins after the call.
func (q *queue) flush(ctx context.Context) error {
	r, err := q.join()
	if r == nil {
		return err
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("flush logs: %w", ctx.Err())
	}
}

// Flight is a flush that is under way.
type Flight struct {
	round *round // nil: there was nothing to do, or no way to do it
	err   error
}

func (q *queue) flight() Flight {
	r, err := q.join()
	return Flight{r, err}
}

// Within waits for the end of the flush, but no longer than d.
func (f Flight) Within(d time.Duration) error {
	if f.round == nil {
		return f.err
	}
	patience := time.NewTimer(d)
	defer patience.Stop()
	select {
	case <-f.round.done:
		return f.round.err
	case <-patience.C:
		return fmt.Errorf("flush logs: %w", context.DeadlineExceeded)
	}
}

// join returns the round to wait for; nil if there is nothing to wait for.
func (q *queue) join() (*round, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return nil, errClosed
	case len(q.waiting)+q.held == 0:
		return nil, nil
	case q.down:
		return nil, ErrStoreDown
	}
	if q.next == nil {
		q.next = &round{done: make(chan struct{})}
		q.signal()
	}
	return q.next, nil
}

// urgent reports whether the writer should append now.
func (q *queue) urgent() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.down && (q.next != nil || len(q.waiting) >= q.limit/2)
}

// take hands everything that waits to the writer, with those who wait for it.
// What comes next goes into spare.
func (q *queue) take(spare []entry) ([]entry, *round) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, r := q.waiting, q.next
	q.waiting, q.next = spare[:0], nil
	q.held += len(batch)
	clear(q.started)
	return batch, r
}

// settle takes note of an append: how many records the writer still holds.
func (q *queue) settle(held int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held, q.down = held, err != nil
}

func (q *queue) stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Waiting: len(q.waiting) + q.held, Dropped: q.dropped.Load(), Down: q.down}
}

// close lets the writer try once more, and waits for it.
func (q *queue) close(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.quit)
	}
	q.mu.Unlock()
	select {
	case <-q.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close logs: %w", ctx.Err())
	}
}
