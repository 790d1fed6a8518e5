package assigndb

import (
	"context"
	"sync"
	"time"
)

// patience bounds how long a turn is waited for.
const patience = time.Second

// turns lets those who accept the same order in one process do so one after the
// other: who comes later then reads that it is taken, where it would have had a
// commit refused and read again. It is a courtesy that saves work. What keeps an
// order from being won twice are the preconditions of the commit, so whoever has
// waited for long does not wait any longer.
type turns struct {
	mu     sync.Mutex
	queues map[string]*queue // guarded by mu; of orders that are being accepted
}

// queue is who accepts an order.
type queue struct {
	turn chan struct{} // holds one token while nobody has the turn
	len  int           // guarded by turns.mu
}

// take waits for the turn of a key, and returns what ends it, which may be called
// more than once.
func (t *turns) take(ctx context.Context, key string) (end func()) {
	q := t.join(key)
	late := time.NewTimer(patience)
	defer late.Stop()
	had := false
	select {
	case <-q.turn:
		had = true
	case <-late.C:
	case <-ctx.Done():
	}
	return sync.OnceFunc(func() {
		if had {
			q.turn <- struct{}{}
		}
		t.leave(key, q)
	})
}

func (t *turns) join(key string) *queue {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.queues[key]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		q.turn <- struct{}{}
		t.queues[key] = q
	}
	q.len++
	return q
}

func (t *turns) leave(key string, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.len--; q.len == 0 {
		delete(t.queues, key)
	}
}
