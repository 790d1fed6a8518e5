package tasks

import "time"

// dueHeap orders waiting tasks by due time, then by creation.
type dueHeap []*task

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].order < h[j].order
	}
	return h[i].due.Before(h[j].due)
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	t := x.(*task)
	t.place = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	old := *h
	last := len(old) - 1
	t := old[last]
	old[last] = nil
	*h = old[:last]
	t.place = -1
	return t
}

// bucket is the token bucket of a queue, full at first. A dispatch takes one.
type bucket struct {
	tokens float64
	filled time.Time
}

// wait fills the bucket and returns how long until there is a token in it.
func (b *bucket) wait(now time.Time, perSecond, burst float64) time.Duration {
	if b.filled.IsZero() {
		b.tokens, b.filled = burst, now
	}
	if passed := now.Sub(b.filled); passed > 0 {
		b.tokens = min(burst, b.tokens+passed.Seconds()*perSecond)
		b.filled = now
	}
	if b.tokens >= 1 {
		return 0
	}
	return max(time.Microsecond, time.Duration((1-b.tokens)/perSecond*float64(time.Second)))
}

// tombstones are the reserved names of tasks that are no more. All are reserved
// for the same time, so the order of death is the order of release.
type tombstones struct {
	until map[string]time.Time
	order []string
}

func (t *tombstones) add(id string, until time.Time) {
	if _, known := t.until[id]; !known {
		t.order = append(t.order, id)
	}
	t.until[id] = until
}

func (t *tombstones) reserved(id string, now time.Time) bool {
	return now.Before(t.until[id])
}

// prune forgets and returns the names that are free again.
func (t *tombstones) prune(now time.Time) (free []string) {
	n := 0
	for n < len(t.order) && !t.reserved(t.order[n], now) {
		delete(t.until, t.order[n])
		n++
	}
	free = t.order[:n:n]
	t.order = t.order[n:]
	return free
}
