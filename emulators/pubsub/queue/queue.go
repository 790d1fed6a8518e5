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
	"time"
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
