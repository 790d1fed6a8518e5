// Package lock owns the locks of pessimistic transactions.
//
// It promises that waiting is fair, first come first served; that a deadlock
// is found when it arises and broken by aborting its youngest member; and that
// an owner that cannot retry, a plain commit, is never the one.
package lock

import (
	"context"
	"errors"
	"sync"
)

// ErrAborted tells an owner that it lost its locks to break a deadlock.
var ErrAborted = errors.New("lock: aborted to break a deadlock")

// Table is a set of locks. Its zero value is ready.
type Table struct {
	mu    sync.Mutex
	locks map[string]*lock
	calm  map[string]bool
}

type lock struct {
	holders map[*Owner]Mode
	queue   []*request
}

// Owner holds locks, all until [Table.Release]. Its fields are guarded by the
// table's mutex.
type Owner struct {
	age     int64
	stays   bool
	held    map[string]struct{}
	waiting *request
	aborted bool
}

// NewOwner returns an owner; of two in a deadlock the one with the greater age
// number (the younger) is aborted. One that stays never is.
func NewOwner(age int64, stays bool) *Owner {
	return &Owner{age: age, stays: stays, held: map[string]struct{}{}}
}

type request struct {
	owner *Owner
	key   string
	mode  Mode
	done  chan struct{} // closed when granted or aborted
}

// Acquire locks key for o, waiting as long as ctx allows, and tells whether it
// had to wait.
func (t *Table) Acquire(ctx context.Context, o *Owner, key string, mode Mode) (waited bool, err error) {
	r := t.request(o, key, mode)
	if r == nil {
		return false, nil
	}
	select {
	case <-r.done:
		return true, t.outcome(o)
	case <-ctx.Done():
	}
	if t.withdraw(r) {
		return true, ctx.Err()
	}
	return true, t.outcome(o)
}

// request grants at once, returning nil, or queues.
func (t *Table) request(o *Owner, key string, mode Mode) *request {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &request{owner: o, key: key, mode: mode, done: make(chan struct{})}
	if o.aborted {
		close(r.done)
		return r
	}
	l := t.lock(key)
	held, upgrade := l.holders[o]
	if upgrade {
		r.mode = held.plus(mode)
	}
	if upgrade && r.mode > held {
		delete(t.calm, key)
	}
	if upgrade && r.mode == held || (upgrade || len(l.queue) == 0) && l.free(r) {
		l.grant(r)
		return nil
	}
	l.enqueue(r, upgrade)
	o.waiting = r
	t.breakDeadlocks(o)
	return r
}

func (t *Table) lock(key string) *lock {
	l := t.locks[key]
	if l == nil {
		if t.locks == nil {
			t.locks = map[string]*lock{}
		}
		l = &lock{holders: map[*Owner]Mode{}}
		t.locks[key] = l
	}
	return l
}

// outcome is called when a request is done.
func (t *Table) outcome(o *Owner) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o.aborted {
		return ErrAborted
	}
	return nil
}

// Release gives up all locks of o.
func (t *Table) Release(o *Owner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release(o)
}

func (t *Table) release(o *Owner) {
	for key := range o.held {
		delete(t.locks[key].holders, o)
		t.advance(key)
	}
	clear(o.held)
}

// Abort takes all locks from o and refuses it new ones.
func (t *Table) Abort(o *Owner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.abort(o)
}

func (t *Table) abort(o *Owner) {
	o.aborted = true
	if r := o.waiting; r != nil {
		t.dequeue(r)
		close(r.done)
	}
	t.release(o)
}

// Aborted tells whether o was aborted.
func (t *Table) Aborted(o *Owner) bool { return t.outcome(o) != nil }
