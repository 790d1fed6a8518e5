package queue

import (
	"container/heap"
	"errors"
	"time"
)

// Errors of a settlement.
var (
	// ErrGone says that the lease has run out, was settled, or never existed.
	ErrGone = errors.New("the lease is gone")
	// ErrUnordered says that an earlier message of the same key is not acknowledged yet.
	ErrUnordered = errors.New("an earlier message of the ordering key is not acknowledged")
)

// Dead is a message whose attempts are used up. It stays in the queue, at the head of its
// ordering key, until [Queue.Drop] or [Queue.Revive].
type Dead struct {
	Key      uint64
	Message  *Message
	Attempts int
}

// Ack settles a message for good. The error is [ErrGone] or [ErrUnordered].
func (q *Queue) Ack(l Lease, now time.Time) (*Message, error) {
	e, err := q.holder(l)
	if err != nil {
		return nil, err
	}
	if e.lane != nil && e.lane.entries[0] != e {
		if q.policy.ExactlyOnce {
			return nil, ErrUnordered
		}
		q.unlease(e)
		e.acked = true
		return e.msg, nil
	}
	q.unlease(e)
	q.finish(e, now)
	return e.msg, nil
}

// Extend moves the end of a lease.
func (q *Queue) Extend(l Lease, until time.Time) error {
	e, err := q.holder(l)
	if err != nil {
		return err
	}
	e.due = until
	heap.Fix(&q.due, e.pos)
	return nil
}

// Nack gives a message back: it is redelivered after the delay of the policy.
func (q *Queue) Nack(l Lease, now time.Time) (*Message, error) {
	e, err := q.holder(l)
	if err != nil {
		return nil, err
	}
	q.fail(e, now)
	return e.msg, nil
}

// Settle acknowledges a message without a lease, when its past is restored.
func (q *Queue) Settle(seq uint64, now time.Time) { q.Drop(seq<<1, now) }

// Fault sets how many deliveries of a message have failed, when its past is restored.
func (q *Queue) Fault(seq uint64, failures int) {
	if e := q.entries[seq<<1]; e != nil {
		e.failures = failures
	}
}

// Failures is how many deliveries of the message have failed.
func (q *Queue) Failures(seq uint64) int {
	if e := q.entries[seq<<1]; e != nil {
		return e.failures
	}
	return 0
}

func (q *Queue) holder(l Lease) (*entry, error) {
	e := q.entries[l.Key]
	if e == nil || e.state != leased || e.gen != l.Gen {
		return nil, ErrGone
	}
	return e, nil
}

// unlease ends the lease of e and leaves it held.
func (q *Queue) unlease(e *entry) {
	heap.Remove(&q.due, e.pos)
	e.state = held
	e.budget.Messages++
	e.budget.Bytes += e.msg.Size()
	e.budget = nil
	q.leased--
}

// fail counts a failed delivery and decides what becomes of the message.
func (q *Queue) fail(e *entry, now time.Time) {
	q.unlease(e)
	e.failures++
	if e.lane != nil {
		q.rewind(e.lane, e)
	}
	if q.policy.MaxAttempts > 0 && e.failures >= q.policy.MaxAttempts {
		e.state = buried
		q.dead = append(q.dead, Dead{e.key, e.msg, e.failures})
		return
	}
	q.retry(e, now)
}

// retry lets e go out again after its delay, when it is its turn.
func (q *Queue) retry(e *entry, now time.Time) {
	e.state, e.due = held, now.Add(q.policy.Backoff(e.failures))
	if e.lane == nil || e.lane.turn(e) {
		q.release(e, now)
	}
}

// TakeDead hands out the messages that died since the last call.
func (q *Queue) TakeDead() []Dead {
	d := q.dead
	q.dead = nil
	return d
}

// Revive puts a dead message back, to be tried again after its delay.
func (q *Queue) Revive(key uint64, now time.Time) {
	if e := q.entries[key]; e != nil && e.state == buried {
		q.retry(e, now)
	}
}

// Drop removes a message for good, whatever its state.
func (q *Queue) Drop(key uint64, now time.Time) {
	if e := q.entries[key]; e != nil {
		q.detach(e)
		q.finish(e, now)
	}
}

// detach takes e out of the container of its state.
func (q *Queue) detach(e *entry) {
	switch e.state {
	case leased:
		q.unlease(e)
	case waiting:
		heap.Remove(&q.due, e.pos)
	case ready:
		q.ready.remove(e)
	}
	e.state = held
}

// finish removes e, which is in no container but the list of all and its lane.
func (q *Queue) finish(e *entry, now time.Time) {
	delete(q.entries, e.key)
	q.all.remove(e)
	if q.policy.RetainAcked {
		q.retained = append(q.retained, e.msg)
	}
	q.leave(e, now)
}
