package queue

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// Tick does what is due: ends delays and leases, drops what is past its retention.
// It returns the messages whose lease ran out.
func (q *Queue) Tick(now time.Time) (expired []*Message) {
	for len(q.due) > 0 && !q.due[0].due.After(now) {
		e := q.due[0]
		if e.state == leased {
			expired = append(expired, e.msg)
			q.fail(e, now)
			continue
		}
		heap.Remove(&q.due, e.pos)
		q.release(e, now)
	}
	if q.policy.Retention > 0 {
		q.retire(now.Add(-q.policy.Retention), now)
	}
	return expired
}

func (q *Queue) retire(before, now time.Time) {
	for e := q.all.head; e != nil && !e.msg.At.After(before); e = q.all.head {
		q.Drop(e.key, now)
	}
	n := 0
	for n < len(q.retained) && !q.retained[n].At.After(before) {
		n++
	}
	q.retained = slices.Delete(q.retained, 0, n)
}

// Next is when Tick has something to do; zero if never.
func (q *Queue) Next() time.Time {
	var next time.Time
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if len(q.due) > 0 {
		sooner(q.due[0].due)
	}
	if q.policy.Retention > 0 && q.all.head != nil {
		sooner(q.all.head.msg.At.Add(q.policy.Retention))
	}
	if q.policy.Retention > 0 && len(q.retained) > 0 {
		sooner(q.retained[0].At.Add(q.policy.Retention))
	}
	return next
}

// Unacked lists the messages that are not acknowledged, oldest first.
func (q *Queue) Unacked() []*Message {
	out := make([]*Message, 0, len(q.entries))
	for e := q.all.head; e != nil; e = e.next {
		if e.key&1 == 0 {
			out = append(out, e.msg)
		}
	}
	return out
}

// Retained lists the acknowledged messages that a seek can bring back.
func (q *Queue) Retained() []*Message { return slices.Clone(q.retained) }

// Retain puts m among the acknowledged messages that a seek can bring back.
func (q *Queue) Retain(m *Message) { q.retained = append(q.retained, m) }

// Reset makes exactly the given messages unacknowledged. What is among them already keeps
// its lease and its failures.
func (q *Queue) Reset(unacked []*Message, now time.Time) {
	want := make(map[uint64]bool, len(unacked))
	for _, m := range unacked {
		want[m.Seq] = true
	}
	q.retained = slices.DeleteFunc(q.retained, func(m *Message) bool { return want[m.Seq] })
	for e := q.all.head; e != nil; {
		next := e.next
		if !want[e.msg.Seq] && q.entries[e.key] == e {
			q.Drop(e.key, now)
		}
		e = next
	}
	for _, m := range unacked {
		q.Add(m, now, now)
	}
	q.sort(now)
}

// sort brings list and lanes back into the order of publication.
func (q *Queue) sort(now time.Time) {
	entries := make([]*entry, 0, len(q.entries))
	for e := q.all.head; e != nil; e = e.next {
		entries = append(entries, e)
	}
	byAge := func(a, b *entry) int { return cmp.Compare(a.key, b.key) }
	slices.SortFunc(entries, byAge)
	q.all = list{}
	for _, e := range entries {
		q.all.push(e)
	}
	for _, l := range q.lanes {
		q.sortLane(l, byAge, now)
	}
}

func (q *Queue) sortLane(l *lane, byAge func(a, b *entry) int, now time.Time) {
	for _, e := range l.entries[l.sent:] {
		q.detach(e)
	}
	slices.SortFunc(l.entries[l.sent:], byAge)
	q.advance(l, now)
}
