package queue_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/pubsub/queue"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// message has its number as id and a key, both of which the test can read back.
func message(seq uint64, key string) *queue.Message {
	return &queue.Message{Seq: seq, At: noon, Key: key, Wire: []byte("x")}
}

func plenty() *queue.Budget {
	return &queue.Budget{Messages: math.MaxInt, Bytes: math.MaxInt}
}

// take leases up to n messages for ten seconds.
func take(q *queue.Queue, n, now int) []queue.Delivery {
	return q.Take(nil, n, plenty(), at(now+10))
}

func seqs(ds []queue.Delivery) []uint64 {
	out := []uint64{}
	for _, d := range ds {
		out = append(out, d.Message.Seq)
	}
	return out
}

func filled(p queue.Policy, keys ...string) *queue.Queue {
	q := queue.New(p)
	for i, k := range keys {
		q.Add(message(uint64(i+1), k), noon, noon)
	}
	return q
}

func TestQueue(t *testing.T) {
	for name, run := range map[string]func(*testing.T){
		"a message is leased to one subscriber at a time": func(t *testing.T) {
			q := filled(queue.Policy{}, "", "")
			require.Equal(t, []uint64{1, 2}, seqs(take(q, 9, 0)))
			require.Empty(t, take(q, 9, 1))
			require.Equal(t, 2, q.Leased())
		},
		"an acknowledged message is gone": func(t *testing.T) {
			q := filled(queue.Policy{}, "")
			_, err := q.Ack(take(q, 1, 0)[0].Lease, at(1))
			require.NoError(t, err)
			require.Zero(t, q.Len())
			require.True(t, q.Next().IsZero())
		},
		"a late acknowledgement does nothing": func(t *testing.T) {
			q := filled(queue.Policy{}, "")
			late := take(q, 1, 0)[0]
			require.Len(t, q.Tick(at(10)), 1)
			_, err := q.Ack(late.Lease, at(10))
			require.ErrorIs(t, err, queue.ErrGone)
			again := take(q, 1, 10)[0]
			require.Equal(t, 2, again.Attempt)
			_, err = q.Ack(late.Lease, at(11))
			require.ErrorIs(t, err, queue.ErrGone)
			require.Equal(t, 1, q.Len())
		},
		"an extended lease lasts": func(t *testing.T) {
			q := filled(queue.Policy{}, "")
			d := take(q, 1, 0)[0]
			require.NoError(t, q.Extend(d.Lease, at(60)))
			require.Empty(t, q.Tick(at(59)))
			require.Len(t, q.Tick(at(60)), 1)
			require.ErrorIs(t, q.Extend(d.Lease, at(99)), queue.ErrGone)
		},
		"the delay doubles with every failure up to its maximum": func(t *testing.T) {
			q := filled(queue.Policy{MinBackoff: time.Second, MaxBackoff: 5 * time.Second}, "")
			now := 0
			for _, delay := range []int{1, 2, 4, 5, 5} {
				_, err := q.Nack(take(q, 1, now)[0].Lease, at(now))
				require.NoError(t, err)
				require.Equal(t, at(now+delay), q.Next())
				now += delay
				q.Tick(at(now).Add(-1))
				require.Zero(t, q.Ready())
				q.Tick(at(now))
				require.Equal(t, 1, q.Ready())
			}
		},
		"a message dies after its last attempt and waits for its burial": func(t *testing.T) {
			q := filled(queue.Policy{MaxAttempts: 2}, "")
			for range 2 {
				_, err := q.Nack(take(q, 1, 0)[0].Lease, noon)
				require.NoError(t, err)
			}
			dead := q.TakeDead()
			require.Len(t, dead, 1)
			require.Equal(t, 2, dead[0].Attempts)
			require.Equal(t, 1, q.Len())
			require.Empty(t, take(q, 1, 0))
			q.Drop(dead[0].Key, noon)
			require.Zero(t, q.Len())
		},
		"a dead message that cannot be buried is tried again": func(t *testing.T) {
			q := filled(queue.Policy{MaxAttempts: 1}, "")
			_, err := q.Nack(take(q, 1, 0)[0].Lease, noon)
			require.NoError(t, err)
			q.Revive(q.TakeDead()[0].Key, noon)
			require.Len(t, take(q, 1, 0), 1)
		},
		"a message past its retention is dropped, with a subscriber or not": func(t *testing.T) {
			q := filled(queue.Policy{Retention: time.Minute}, "", "")
			take(q, 1, 55)
			require.Equal(t, at(60), q.Next())
			q.Tick(at(60))
			require.Zero(t, q.Len())
			require.Zero(t, q.Leased())
			require.Empty(t, take(q, 1, 60))
		},
		"a budget is charged, and paid back when a message is settled": func(t *testing.T) {
			q := filled(queue.Policy{}, "", "", "")
			b := &queue.Budget{Messages: 2, Bytes: 100}
			ds := q.Take(nil, 9, b, at(10))
			require.Len(t, ds, 2)
			require.Equal(t, queue.Budget{Messages: 0, Bytes: 98}, *b)
			_, err := q.Ack(ds[0].Lease, noon)
			require.NoError(t, err)
			require.Len(t, q.Take(nil, 9, b, at(10)), 1)
			q.Tick(at(10))
			require.Equal(t, queue.Budget{Messages: 2, Bytes: 100}, *b)
		},
		"one key waits for its own and for no other": func(t *testing.T) {
			q := filled(queue.Policy{Ordered: true}, "a", "a", "b", "")
			first := take(q, 1, 0)
			require.Equal(t, []uint64{1}, seqs(first))
			require.Equal(t, []uint64{3, 4}, seqs(take(q, 9, 0)))
			_, err := q.Ack(first[0].Lease, noon)
			require.NoError(t, err)
			require.Equal(t, []uint64{2}, seqs(take(q, 9, 0)))
		},
		"a nack holds its key back and brings the later ones again": func(t *testing.T) {
			q := filled(queue.Policy{Ordered: true, MinBackoff: time.Second, MaxBackoff: time.Second}, "a", "a", "a", "a")
			ds := take(q, 3, 0)
			for _, i := range []int{0, 2} { // the third is acknowledged too early
				_, err := q.Ack(ds[i].Lease, noon)
				require.NoError(t, err)
			}
			_, err := q.Nack(ds[1].Lease, noon)
			require.NoError(t, err)
			require.Empty(t, take(q, 9, 0))
			q.Tick(at(1))
			require.Equal(t, []uint64{2, 3, 4}, seqs(take(q, 9, 1)))
		},
		"a nack behind messages that are still out waits for them": func(t *testing.T) {
			q := filled(queue.Policy{Ordered: true}, "a", "a")
			ds := take(q, 2, 0)
			_, err := q.Nack(ds[1].Lease, noon)
			require.NoError(t, err)
			require.Empty(t, take(q, 9, 0))
			_, err = q.Ack(ds[0].Lease, noon)
			require.NoError(t, err)
			require.Equal(t, []uint64{2}, seqs(take(q, 9, 0)))
		},
		"with exactly-once an acknowledgement out of order is refused": func(t *testing.T) {
			q := filled(queue.Policy{Ordered: true, ExactlyOnce: true}, "a", "a")
			ds := take(q, 2, 0)
			_, err := q.Ack(ds[1].Lease, noon)
			require.ErrorIs(t, err, queue.ErrUnordered)
			for _, d := range ds {
				_, err = q.Ack(d.Lease, noon)
				require.NoError(t, err)
			}
			require.Zero(t, q.Len())
		},
		"a dead message gives its key to the next": func(t *testing.T) {
			q := filled(queue.Policy{Ordered: true, MaxAttempts: 1}, "a", "a")
			_, err := q.Nack(take(q, 1, 0)[0].Lease, noon)
			require.NoError(t, err)
			require.Empty(t, take(q, 9, 0))
			q.Drop(q.TakeDead()[0].Key, noon)
			require.Equal(t, []uint64{2}, seqs(take(q, 9, 0)))
		},
		"a reset brings back older messages of a key before the newer": func(t *testing.T) {
			q := filled(queue.Policy{Ordered: true, RetainAcked: true}, "a", "a", "a")
			_, err := q.Ack(take(q, 1, 0)[0].Lease, noon)
			require.NoError(t, err)
			q.Reset(append(q.Retained(), q.Unacked()...), noon)
			require.Empty(t, q.Retained())
			require.Equal(t, []uint64{1, 2, 3}, seqs(take(q, 9, 0)))
		},
		"a reset to nothing empties the queue": func(t *testing.T) {
			q := filled(queue.Policy{Ordered: true}, "a", "a", "", "")
			take(q, 2, 0)
			q.Reset(nil, noon)
			require.Zero(t, q.Len())
			require.Zero(t, q.Leased())
			require.Empty(t, take(q, 9, 0))
		},
	} {
		t.Run(name, run)
	}
}

func BenchmarkTakeAndAck(b *testing.B) {
	q := queue.New(queue.Policy{Retention: time.Hour})
	m := message(1, "")
	budget := plenty()
	var ds []queue.Delivery
	b.ReportAllocs()
	for b.Loop() {
		m.Seq++
		q.Add(m, noon, noon)
		ds = q.Take(ds[:0], 1, budget, at(10))
		if _, err := q.Ack(ds[0].Lease, noon); err != nil {
			b.Fatal(err)
		}
	}
}
