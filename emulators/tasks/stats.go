package tasks

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Stats counts what happened since Start.
type Stats struct {
	Created    int // tasks
	Dispatched int // attempts
	Succeeded  int // attempts answered with 2xx
	Failed     int // attempts without
	Exhausted  int // tasks given up
	Deleted    int // tasks deleted or purged
	Dropped    int // tasks lost by mischief
	Doubled    int // attempts doubled by mischief
	Pending    int // tasks there are, in flight or waiting
	InFlight   int // attempts running
}

// Pending is a task that is not finished.
type Pending struct {
	Name     string // full resource name
	URL      string
	Schedule time.Time // of the next attempt
	Attempts int       // so far
	InFlight bool
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	for _, q := range s.queues {
		stats.Pending += len(q.tasks)
		stats.InFlight += q.inFlight
	}
	return stats
}

// Pending returns the tasks of all queues that are not finished, the next first.
func (s *Server) Pending() []Pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Pending
	for _, q := range s.queues {
		for _, t := range q.tasks {
			all = append(all, Pending{
				Name:     t.pb.GetName(),
				URL:      t.pb.GetHttpRequest().GetUrl(),
				Schedule: t.pb.GetScheduleTime().AsTime(),
				Attempts: int(t.pb.GetDispatchCount()),
				InFlight: t.inFlight > 0,
			})
		}
	}
	slices.SortFunc(all, func(a, b Pending) int {
		return cmp.Or(a.Schedule.Compare(b.Schedule), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// Idle returns when nothing is in flight and nothing is due in a running queue.
// With a clock of the caller's, what only the rate limit holds back is not due.
func (s *Server) Idle(ctx context.Context) error {
	return s.resting.Wait(ctx, &s.mu, s.busy)
}

// busy reports whether anything is in flight or due. Server.mu is held.
func (s *Server) busy() bool {
	now := s.now()
	for _, q := range s.queues {
		if q.busy(now) {
			return true
		}
	}
	return false
}
