package city

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// stats counts what happens. The platform's own figures are elsewhere: these are
// what its users see.
type stats struct {
	placed, accepted, rejected, assigned, declined, ignored, pickedUp, delivered, rated, cancelled, balked atomic.Int64

	calls, late, refusals, faults, retried, fixes atomic.Int64
	sockets, reconnects                           atomic.Int64
	onDuty, busy, tracking                        atomic.Int64

	call, order, moved, news, door latencies

	changes changes
}

func (s *stats) answered(status int, took time.Duration) {
	s.calls.Add(1)
	s.call.add(took)
	if took > unwell {
		s.late.Add(1)
	}
	switch {
	case status >= 500:
		s.faults.Add(1)
	case status >= 400:
		s.refusals.Add(1)
	}
}

// kept bounds how many latencies are kept; beyond, the oldest go.
const kept = 2048

// latencies are the newest of a kind.
type latencies struct {
	mu   sync.Mutex
	all  []time.Duration // guarded by mu
	next int             // guarded by mu
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) < kept {
		l.all = append(l.all, d)
		return
	}
	l.all[l.next] = d
	l.next = (l.next + 1) % kept
}

// quantiles are how long half of them took at the most, and 99 of 100.
func (l *latencies) quantiles() (p50, p99 time.Duration) {
	l.mu.Lock()
	sorted := slices.Clone(l.all)
	l.mu.Unlock()
	if len(sorted) == 0 {
		return 0, 0
	}
	slices.Sort(sorted)
	return sorted[len(sorted)/2], sorted[len(sorted)*99/100]
}

// changes remembers when orders were changed, so that who hears of it can tell
// how long the news took.
type changes struct {
	mu   sync.Mutex
	made map[change]time.Time // guarded by mu
}

type change struct {
	order   string
	version int
}

// maxChanges bounds the memory; beyond, it starts anew.
const maxChanges = 10_000

func (c *changes) note(order string, version int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil || len(c.made) >= maxChanges {
		c.made = make(map[change]time.Time)
	}
	c.made[change{order, version}] = time.Now()
}

// since is how long ago a change was made, if that is known; it is asked once.
func (c *changes) since(order string, version int) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.made[change{order, version}]
	delete(c.made, change{order, version})
	return time.Since(at), ok
}
