package pubsub

import (
	"hash/fnv"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"lastmile/emulators/pubsub/queue"
)

// Trouble is what a service that only promises to deliver at least once, in any
// order, may do to its subscribers. Fractions are from 0 to 1 of the messages.
type Trouble struct {
	Seed      uint64        // the same seed, the same messages meet the same trouble
	Duplicate float64       // deliver these twice, maybe at the same time
	Reorder   float64       // hold these back, so that later ones overtake them
	DropAck   float64       // forget the acknowledgement of these and deliver again
	Delay     time.Duration // before the first delivery of every message
	Hold      time.Duration // how long Reorder holds a message at most; 0 is 50 ms
}

// Mischief applies [Trouble] to deliveries. The zero value causes none.
type Mischief struct {
	trouble atomic.Pointer[Trouble]
}

// Set replaces the trouble from now on; the zero Trouble ends it.
func (m *Mischief) Set(t Trouble) {
	if t.Hold <= 0 {
		t.Hold = 50 * time.Millisecond
	}
	m.trouble.Store(&t)
}

// add queues a message the way the trouble wants it.
func (m *Mischief) add(q *queue.Queue, sub string, nth uint64, msg *queue.Message, now time.Time) {
	t := m.trouble.Load()
	if t == nil {
		q.Add(msg, now, now)
		return
	}
	dice := t.dice(sub, nth)
	due := now.Add(t.Delay)
	double := dice.Float64() < t.Duplicate
	if dice.Float64() < t.Reorder {
		due = due.Add(time.Duration(dice.Int64N(int64(t.Hold))))
	}
	q.Add(msg, due, now)
	if double {
		q.Double(msg, due, now)
	}
}

// loses reports whether the nth acknowledgement of the subscription is lost.
func (m *Mischief) loses(sub string, nth uint64) bool {
	t := m.trouble.Load()
	return t != nil && t.DropAck > 0 && t.dice(sub, ^nth).Float64() < t.DropAck
}

// dice depend on the seed, the subscription and how manieth event in it this is, not on
// which goroutine is first.
func (t *Trouble) dice(sub string, nth uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(sub)) // cannot fail
	return rand.New(rand.NewPCG(t.Seed^h.Sum64(), nth))
}
