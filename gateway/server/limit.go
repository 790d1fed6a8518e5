package server

import "time"

// bucket lets a connection send so many frames a second, and a burst now and
// then. Owned by the goroutine that reads.
type bucket struct {
	tokens float32
	last   int64 // Unix nanoseconds
}

func (b *bucket) take(now time.Time, rate, burst int) bool {
	at := now.UnixNano()
	if b.last == 0 {
		b.tokens = float32(burst)
	} else {
		passed := max(at-b.last, 0) // a clock may be set back
		b.tokens = min(float32(burst), b.tokens+float32(float64(passed)/1e9*float64(rate)))
	}
	b.last = at
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
