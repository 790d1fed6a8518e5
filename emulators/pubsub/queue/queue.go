// Package queue holds the messages that one subscription has not acknowledged.
//
// It owns their order, their leases, the delay before a redelivery, the turn of
// every ordering key and the count of failed deliveries. It promises that a
// message is always in exactly one of these hands: ready, waiting, leased to a
// subscriber, held back by its ordering key, or handed to the dead letter topic;
// and that only the newest lease of a message can settle it.
//
// A Queue knows no clock, no network and no lock: the time is an argument and
// the caller guards it.
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

// Policy is how a queue treats its messages.
type Policy struct {
	Ordered     bool          // messages of one ordering key go out one after the other
	ExactlyOnce bool          // refuse an acknowledgement out of order
	RetainAcked bool          // keep acknowledged messages for a seek
	Retention   time.Duration // messages older than this are dropped; 0 keeps them
	MinBackoff  time.Duration // delay after the first failure; doubles with each
	MaxBackoff  time.Duration
	MaxAttempts int // failures after which a message is dead; 0 is never
}

// Backoff is the delay after so many failures.
func (p Policy) Backoff(failures int) time.Duration {
	d := p.MinBackoff
	for ; failures > 1 && d < p.MaxBackoff; failures-- {
		d *= 2
	}
	return min(d, max(p.MinBackoff, p.MaxBackoff))
}

// Lease names one delivery of one message.
type Lease struct {
	Key uint64
	Gen uint32
}

// Delivery is a message leased to a subscriber.
type Delivery struct {
	Lease
	Message *Message
	Attempt int // 1 for the first
}

// Budget is what one subscriber may still hold. The queue charges a lease to it
// and gives back what is settled; one byte left admits one more message.
type Budget struct{ Messages, Bytes int }

func (b *Budget) left() bool { return b.Messages > 0 && b.Bytes > 0 }

// Dead is a message whose attempts are used up. It stays in the queue, at the head of its
// ordering key, until [Queue.Drop] or [Queue.Revive].
type Dead struct {
	Key      uint64
	Message  *Message
	Attempts int
}

// Queue is the backlog of one subscription.
type Queue struct {
	policy   Policy
	entries  map[uint64]*entry
	all      list // by time of publication
	ready    fifo
	due      dueHeap // waiting and leased
	lanes    map[string]*lane
	dead     []Dead
	retained []*Message // acknowledged, by time of acknowledgement
	leased   int
}

// New returns an empty queue.
func New(p Policy) *Queue {
	return &Queue{policy: p, entries: map[uint64]*entry{}, lanes: map[string]*lane{}}
}

// SetPolicy changes the policy; what is already waiting keeps its delay.
func (q *Queue) SetPolicy(p Policy) { q.policy = p }

// Len counts the messages that are not acknowledged.
func (q *Queue) Len() int { return len(q.entries) }

// Ready counts the messages that [Queue.Take] would hand out now; of an
// ordering key only the first counts.
func (q *Queue) Ready() int { return q.ready.n }

// Leased counts the messages that are with a subscriber.
func (q *Queue) Leased() int { return q.leased }

// Oldest is when the oldest unacknowledged message was published; zero if there is none.
func (q *Queue) Oldest() time.Time {
	if q.all.head == nil {
		return time.Time{}
	}
	return q.all.head.msg.At
}

// Add queues m, not to be delivered before due.
func (q *Queue) Add(m *Message, due, now time.Time) { q.add(m, m.Seq<<1, 0, due, now) }

// Double queues m a second time, as a service that delivers at least once may.
func (q *Queue) Double(m *Message, due, now time.Time) { q.add(m, m.Seq<<1|1, 0, due, now) }

// Restore queues m with the failures it had before a restart.
func (q *Queue) Restore(m *Message, failures int, now time.Time) {
	q.add(m, m.Seq<<1, failures, now, now)
}

func (q *Queue) add(m *Message, key uint64, failures int, due, now time.Time) {
	if q.entries[key] != nil {
		return
	}
	e := &entry{msg: m, key: key, failures: failures, due: due, pos: -1, state: held}
	q.entries[key] = e
	q.all.push(e)
	if q.policy.Ordered && m.Key != "" {
		if l := q.lane(m.Key); !l.add(e) {
			return
		}
	}
	q.release(e, now)
}

// release makes e ready, or lets it wait until it is due.
func (q *Queue) release(e *entry, now time.Time) {
	if e.due.After(now) {
		e.state = waiting
		heap.Push(&q.due, e)
		return
	}
	e.state = ready
	q.ready.push(e)
}

// Take leases up to n ready messages, as far as the budget goes, until the
// given time and appends them to to.
func (q *Queue) Take(to []Delivery, n int, b *Budget, until time.Time) []Delivery {
	for n > 0 && b.left() {
		e := q.ready.pop()
		if e == nil {
			break
		}
		for e != nil && n > 0 && b.left() {
			to = append(to, q.lease(e, b, until))
			n--
			e = e.lane.following(e)
		}
	}
	return to
}

func (q *Queue) lease(e *entry, b *Budget, until time.Time) Delivery {
	e.state, e.due, e.budget = leased, until, b
	e.gen++
	if e.lane != nil {
		e.lane.sent++
	}
	heap.Push(&q.due, e)
	q.leased++
	b.Messages--
	b.Bytes -= e.msg.Size()
	return Delivery{Lease: Lease{e.key, e.gen}, Message: e.msg, Attempt: e.failures + 1}
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
