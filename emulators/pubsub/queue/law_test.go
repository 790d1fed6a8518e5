package queue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/pubsub/queue"
)

// machine drives a queue at random and checks the laws that hold in every state.
type machine struct {
	q      *queue.Queue
	policy queue.Policy
	now    time.Time
	seq    uint64
	open   []queue.Delivery // may have run out
	acked  map[uint64]bool  // settled for good
}

func (m *machine) add(t *rapid.T) {
	m.seq++
	key := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "key")
	m.q.Add(&queue.Message{Seq: m.seq, At: m.now, Key: key}, m.now, m.now)
}

func (m *machine) take(t *rapid.T) {
	for _, d := range m.q.Take(nil, rapid.IntRange(1, 4).Draw(t, "n"), plenty(), m.now.Add(10*time.Second)) {
		require.False(t, m.acked[d.Message.Seq], "acknowledged message %d came again", d.Message.Seq)
		m.open = append(m.open, d)
	}
}

func (m *machine) pick(t *rapid.T) (queue.Delivery, bool) {
	if len(m.open) == 0 {
		return queue.Delivery{}, false
	}
	i := rapid.IntRange(0, len(m.open)-1).Draw(t, "delivery")
	d := m.open[i]
	m.open = slices.Delete(m.open, i, i+1)
	return d, true
}

func (m *machine) ack(t *rapid.T) {
	d, ok := m.pick(t)
	if !ok {
		return
	}
	// With ordering an early acknowledgement does not settle: a failure before it brings it again.
	if _, err := m.q.Ack(d.Lease, m.now); err == nil && (!m.policy.Ordered || m.policy.ExactlyOnce) {
		m.acked[d.Message.Seq] = true
	}
}

func (m *machine) nack(t *rapid.T) {
	if d, ok := m.pick(t); ok {
		_, _ = m.q.Nack(d.Lease, m.now) // gone is as good
	}
}

func (m *machine) wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 15).Draw(t, "seconds")) * time.Second)
	m.q.Tick(m.now)
}

func (m *machine) bury(*rapid.T) {
	for i, d := range m.q.TakeDead() {
		if i%2 == 0 {
			m.q.Drop(d.Key, m.now)
			m.acked[d.Message.Seq] = true
			continue
		}
		m.q.Revive(d.Key, m.now)
	}
}

func (m *machine) check(t *rapid.T) {
	require.GreaterOrEqual(t, m.q.Len(), m.q.Ready()+m.q.Leased())
	require.Len(t, m.q.Unacked(), m.q.Len())
}

func TestNothingIsLostAndNothingSettledComesAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := queue.Policy{
			Ordered:     rapid.Bool().Draw(t, "ordered"),
			ExactlyOnce: rapid.Bool().Draw(t, "exactly once"),
			MaxAttempts: rapid.SampledFrom([]int{0, 3}).Draw(t, "attempts"),
			MinBackoff:  time.Second, MaxBackoff: 8 * time.Second,
		}
		m := &machine{q: queue.New(p), policy: p, now: noon, acked: map[uint64]bool{}}
		t.Repeat(map[string]func(*rapid.T){
			"add": m.add, "take": m.take, "ack": m.ack, "nack": m.nack, "wait": m.wait, "bury": m.bury, "": m.check,
		})
		m.drain(t)
	})
}

// drain acknowledges whatever comes and checks that the queue ends empty, in the order of each key.
func (m *machine) drain(t *rapid.T) {
	m.now = m.now.Add(time.Hour)
	m.q.Tick(m.now)
	last := map[string]uint64{}
	for rounds := 0; m.q.Len() > 0; rounds++ {
		require.Less(t, rounds, 10_000, "%d messages are stuck", m.q.Len())
		m.bury(t)
		m.now = m.now.Add(time.Minute)
		m.q.Tick(m.now)
		for _, d := range m.q.Take(nil, 3, plenty(), m.now.Add(time.Second)) {
			if key := d.Message.Key; m.policy.Ordered && key != "" {
				require.Greater(t, d.Message.Seq, last[key], fmt.Sprint("order of key ", key))
				last[key] = d.Message.Seq
			}
			_, err := m.q.Ack(d.Lease, m.now)
			require.NoError(t, err)
		}
	}
	require.True(t, m.q.Next().IsZero())
}
