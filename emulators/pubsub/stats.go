package pubsub

import (
	"context"
	"sync"
	"time"

	"lastmile/emulators/pubsub/queue"
)

// Counts are events of one subscription since the server started.
type Counts struct {
	Received     uint64 // published and let through by the filter
	Delivered    uint64 // handed to a subscriber, each attempt counts
	Acked        uint64
	Nacked       uint64
	Expired      uint64 // leases that ran out
	DeadLettered uint64
}

// Stats are the state of one subscription.
type Stats struct {
	Counts
	Topic       string
	Push        string        // the endpoint; "" for pull
	Backlog     int           // not acknowledged, with a subscriber or not
	Outstanding int           // with a subscriber
	OldestAge   time.Duration // since the oldest unacknowledged message was published
	Window      int           // pushes that may be under way at once
	PausedUntil time.Time     // by the backoff of the pushes; zero if not
}

// Stats returns the state of every subscription by its name.
func (s *Server) Stats() map[string]Stats {
	out := map[string]Stats{}
	for _, sub := range s.subscriptions() {
		out[sub.name] = sub.stats()
	}
	return out
}

func (s *subscription) stats() (st Stats) {
	s.do(func(q *queue.Queue, now time.Time) {
		st = Stats{
			Counts: s.counts, Topic: s.pb.GetTopic(), Push: s.pb.GetPushConfig().GetPushEndpoint(),
			Backlog: q.Len(), Outstanding: q.Leased(), Window: s.push.window.size,
		}
		if s.push.window.paused(now) {
			st.PausedUntil = s.push.window.pausedUntil
		}
		if at := q.Oldest(); !at.IsZero() {
			st.OldestAge = now.Sub(at)
		}
	})
	return st
}

// Idle waits until no subscription has a message that is not acknowledged,
// messages that wait for a retry and dead letters included.
func (s *Server) Idle(ctx context.Context) error { return s.pending.wait(ctx) }

// pending counts the unacknowledged messages of all subscriptions.
type pending struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed when n gets to 0; nil when nobody waits
}

func (p *pending) add(n int) {
	if n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n += n
	if p.n == 0 && p.zero != nil {
		close(p.zero)
		p.zero = nil
	}
}

func (p *pending) wait(ctx context.Context) error {
	p.mu.Lock()
	if p.n == 0 {
		p.mu.Unlock()
		return nil
	}
	if p.zero == nil {
		p.zero = make(chan struct{})
	}
	zero := p.zero
	p.mu.Unlock()
	select {
	case <-zero:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
