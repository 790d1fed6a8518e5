package pubsub

import (
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"

	"lastmile/emulators/pubsub/queue"
)

// subscription guards one queue and sees to what must follow every change of it:
// dead letters leave, subscribers wake, push workers start, the timer is set.
type subscription struct {
	srv  *Server
	name string
	uid  uint32 // makes the ack ids of another subscription invalid

	mu       sync.Mutex
	pb       *pubsubpb.Subscription // replaced, never changed
	settings settings
	topic    *topic // nil when it was deleted
	queue    *queue.Queue
	push     pushing
	counts   Counts
	gone     error         // why there are no deliveries any more
	wake     chan struct{} // closed when pull subscribers should look again; nil when none waits
	timer    *time.Timer
	armed    time.Time // when the timer fires; zero if it is not set
}

func newSubscription(srv *Server, pb *pubsubpb.Subscription, t *topic, set settings) *subscription {
	return &subscription{
		srv: srv, name: pb.GetName(), uid: srv.uid(), pb: pb, settings: set, topic: t,
		queue: queue.New(set.policy),
		push:  pushing{window: newWindow(srv.opts.PushWindow, srv.opts.PushBackoff)},
	}
}

// do runs f on the queue as it stands now, under the lock, and then what follows from it.
func (s *subscription) do(f func(q *queue.Queue, now time.Time)) {
	s.mu.Lock()
	now := s.srv.now()
	backlog, ready, leased := s.queue.Len(), s.queue.Ready(), s.queue.Leased()
	s.expire(now)
	f(s.queue, now)
	s.srv.pending.add(s.queue.Len() - backlog)
	if s.queue.Ready() > ready || s.queue.Leased() < leased {
		s.wakePullers()
	}
	s.follow(now)
	s.mu.Unlock()
}

// expire ends what is due.
func (s *subscription) expire(now time.Time) {
	for _, m := range s.queue.Tick(now) {
		s.counts.Expired++
		s.srv.ledger.failed(s.name, m, s.queue.Failures(m.Seq))
	}
}

// follow sets in motion what the state of the queue asks for.
func (s *subscription) follow(now time.Time) {
	if s.gone == nil {
		s.startWorkers(now)
		s.setTimer(now)
	}
	if dead := s.queue.TakeDead(); len(dead) > 0 {
		s.srv.work.Go(func() { s.bury(dead) }) // not here: it takes the lock of a topic
	}
}

// offer queues what the filter lets through.
func (s *subscription) offer(messages []*queue.Message) {
	s.do(func(q *queue.Queue, now time.Time) {
		for _, m := range messages {
			if s.gone == nil && s.wants(m) {
				s.srv.Deliveries.add(q, s.name, s.counts.Received, m, now)
				s.counts.Received++
			}
		}
	})
}

// wants says whether the filter lets m through. The lock is held.
func (s *subscription) wants(m *queue.Message) bool {
	return s.settings.filter.All() || s.settings.filter.Match(m.Body().GetAttributes())
}

func (s *subscription) tick() { s.do(func(*queue.Queue, time.Time) {}) }

// setTimer makes sure that tick runs when the queue or the pause of the pushes ends.
func (s *subscription) setTimer(now time.Time) {
	next := s.queue.Next()
	if p := s.push.window.pausedUntil; p.After(now) && (next.IsZero() || p.Before(next)) {
		next = p
	}
	if next.IsZero() || !s.armed.IsZero() && !next.Before(s.armed) {
		return
	}
	s.armed = next
	if s.timer == nil {
		s.timer = time.AfterFunc(next.Sub(now), s.ring)
		return
	}
	s.timer.Reset(next.Sub(now))
}

func (s *subscription) ring() {
	s.srv.work.Go(func() {
		s.mu.Lock()
		s.armed = time.Time{}
		s.mu.Unlock()
		s.tick()
	})
}

// wakePullers lets every waiting pull look again: there is more to have, or a subscriber may
// hold more.
func (s *subscription) wakePullers() {
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

// end stops deliveries for good, for the given reason.
func (s *subscription) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone == nil {
		s.gone = why
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.wakePullers()
}

// discard drops the backlog, so that nobody waits for it.
func (s *subscription) discard() {
	s.do(func(q *queue.Queue, now time.Time) {
		p := s.settings.policy
		p.RetainAcked = false
		q.SetPolicy(p)
		q.Reset(nil, now)
	})
}

// orphan is called when the topic is deleted; the backlog stays.
func (s *subscription) orphan() {
	s.mu.Lock()
	defer s.mu.Unlock()
	pb := proto.CloneOf(s.pb)
	pb.Topic = deletedTopic
	s.pb, s.topic = pb, nil // the record of the topic's end says it all
}

func (s *subscription) proto() *pubsubpb.Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pb
}
