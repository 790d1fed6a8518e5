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

// Mode is how strongly something is locked.
type Mode int

// Any number of owners may share Intent, or Shared, also beside one Update.
// Update is for those who read in order to write: of two, one waits at once
// instead of both ending in a deadlock.
const (
	Intent Mode = iota + 1
	Shared
	Update
	Exclusive
)

// with tells whether two owners may hold a and b.
func (a Mode) with(b Mode) bool {
	lo, hi := min(a, b), max(a, b)
	return lo == hi && hi <= Shared || lo == Shared && hi == Update
}

// plus is the mode that does for an owner of a that wants b.
func (a Mode) plus(b Mode) Mode {
	lo, hi := min(a, b), max(a, b)
	if lo == Intent && hi != Intent {
		return Exclusive
	}
	return hi
}

// Table is a set of locks. Its zero value is ready.
type Table struct {
	mu    sync.Mutex
	locks map[string]*lock
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

// free tells whether the holders let r in.
func (l *lock) free(r *request) bool {
	for o, mode := range l.holders {
		if o != r.owner && !mode.with(r.mode) {
			return false
		}
	}
	return true
}

func (l *lock) grant(r *request) {
	l.holders[r.owner] = r.mode
	r.owner.held[r.key] = struct{}{}
}

// enqueue puts upgrades before everybody who holds nothing yet.
func (l *lock) enqueue(r *request, upgrade bool) {
	i := len(l.queue)
	if upgrade {
		for i = 0; i < len(l.queue) && l.holders[l.queue[i].owner] != 0; i++ {
		}
	}
	l.queue = append(l.queue, nil)
	copy(l.queue[i+1:], l.queue[i:])
	l.queue[i] = r
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

// withdraw takes r out of its queue; false if it is done already.
func (t *Table) withdraw(r *request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.owner.waiting != r {
		return false
	}
	t.dequeue(r)
	return true
}

func (t *Table) dequeue(r *request) {
	r.owner.waiting = nil
	l := t.locks[r.key]
	for i, other := range l.queue {
		if other == r {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			break
		}
	}
	t.advance(r.key)
}

// advance grants what has become possible at key, in order.
func (t *Table) advance(key string) {
	l := t.locks[key]
	for len(l.queue) > 0 && l.free(l.queue[0]) {
		r := l.queue[0]
		l.queue = l.queue[1:]
		r.owner.waiting = nil
		l.grant(r)
		close(r.done)
	}
	if len(l.queue) == 0 && len(l.holders) == 0 {
		delete(t.locks, key)
	}
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
