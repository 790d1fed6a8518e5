package pubsub

import (
	"time"

	"lastmile/emulators/pubsub/queue"
)

// ack settles one delivery, unless the acknowledgement gets lost on the way.
// The lock is held.
func (s *subscription) ack(l queue.Lease, now time.Time) error {
	if s.srv.Deliveries.loses(s.name, s.counts.Acked+s.counts.Nacked) {
		return s.nack(l, now)
	}
	if _, err := s.queue.Ack(l, now); err != nil {
		return err
	}
	s.counts.Acked++
	return nil
}

// nack gives one delivery back. The lock is held.
func (s *subscription) nack(l queue.Lease, now time.Time) error {
	if _, err := s.queue.Nack(l, now); err != nil {
		return err
	}
	s.counts.Nacked++
	return nil
}
