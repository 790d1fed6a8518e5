package queue

import "time"

type state uint8

const (
	held    state = iota // behind an earlier message of its key, or between two states
	ready                // in the fifo
	waiting              // in the heap until due
	leased               // in the heap until the lease ends
	buried               // dead, being forwarded
)

// entry is one unacknowledged message of one subscription.
type entry struct {
	msg        *Message
	lane       *lane
	prev, next *entry
	due        time.Time
	key        uint64
	failures   int
	pos        int // in the heap, -1 outside
	gen        uint32
	state      state
	acked      bool    // acknowledged before its turn
	budget     *Budget // what the lease is charged to
}

// list holds every entry, oldest first.
type list struct{ head, tail *entry }

func (l *list) push(e *entry) {
	e.prev, e.next = l.tail, nil
	if l.tail == nil {
		l.head = e
	} else {
		l.tail.next = e
	}
	l.tail = e
}

func (l *list) remove(e *entry) {
	if e.prev == nil {
		l.head = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		l.tail = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
}

// fifo holds the ready entries; n of its items are not nil.
type fifo struct {
	items []*entry
	head  int
	n     int
}

func (f *fifo) push(e *entry) {
	if f.head > 64 && f.head > len(f.items)/2 {
		kept := copy(f.items, f.items[f.head:])
		clear(f.items[kept:])
		f.items, f.head = f.items[:kept], 0
	}
	f.items = append(f.items, e)
	f.n++
}

func (f *fifo) pop() *entry {
	f.trim()
	if f.n == 0 {
		return nil
	}
	e := f.items[f.head]
	f.items[f.head] = nil
	f.head++
	f.n--
	return e
}

// remove takes e out from anywhere; it is fast near the head.
func (f *fifo) remove(e *entry) {
	f.trim()
	for i := f.head; i < len(f.items); i++ {
		if f.items[i] == e {
			f.items[i] = nil
			f.n--
			return
		}
	}
}

// trim moves the head past what was removed.
func (f *fifo) trim() {
	for f.head < len(f.items) && f.items[f.head] == nil {
		f.head++
	}
	if f.head == len(f.items) {
		f.items, f.head = f.items[:0], 0
	}
}

// dueHeap holds what happens at a time, earliest first.
type dueHeap []*entry

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].pos, h[j].pos = i, j
}

// Push is for container/heap.
func (h *dueHeap) Push(x any) {
	e := x.(*entry)
	e.pos = len(*h)
	*h = append(*h, e)
}

// Pop is for container/heap.
func (h *dueHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.pos = -1
	return e
}
