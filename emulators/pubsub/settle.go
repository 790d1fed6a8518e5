package pubsub

import (
	"errors"
	"time"

	"lastmile/emulators/pubsub/queue"
)

const maxLease = 600 * time.Second

// outcome is what became of the ack ids of one request.
type outcome struct {
	ok, gone, unordered []string
}

func (o *outcome) add(ackID string, err error) {
	switch {
	case errors.Is(err, queue.ErrUnordered):
		o.unordered = append(o.unordered, ackID)
	case err != nil:
		o.gone = append(o.gone, ackID)
	default:
		o.ok = append(o.ok, ackID)
	}
}

// acknowledge settles deliveries for good.
func (s *subscription) acknowledge(ackIDs []string) (o outcome) {
	s.do(func(_ *queue.Queue, now time.Time) {
		for _, id := range ackIDs {
			err := queue.ErrGone
			if l, known := s.lease(id); known {
				err = s.ack(l, now)
			}
			o.add(id, err)
		}
	})
	return o
}

// modify moves the deadline of deliveries; zero seconds give one back at once.
func (s *subscription) modify(ackIDs []string, seconds func(i int) int32) (o outcome) {
	s.do(func(q *queue.Queue, now time.Time) {
		for i, id := range ackIDs {
			l, known := s.lease(id)
			err := queue.ErrGone
			switch d := time.Duration(seconds(i)) * time.Second; {
			case !known:
			case d == 0:
				err = s.nack(l, now)
			default:
				err = q.Extend(l, now.Add(min(d, maxLease)))
			}
			o.add(id, err)
		}
	})
	return o
}

// ack settles one delivery, unless the acknowledgement gets lost on the way.
// The lock is held.
func (s *subscription) ack(l queue.Lease, now time.Time) error {
	if s.srv.Deliveries.loses(s.name, s.counts.Acked+s.counts.Nacked) {
		return s.nack(l, now)
	}
	m, err := s.queue.Ack(l, now)
	if err != nil {
		return err
	}
	s.counts.Acked++
	s.srv.ledger.acked(s.name, m)
	return nil
}

// nack gives one delivery back. The lock is held.
func (s *subscription) nack(l queue.Lease, now time.Time) error {
	m, err := s.queue.Nack(l, now)
	if err != nil {
		return err
	}
	s.counts.Nacked++
	s.srv.ledger.failed(s.name, m, s.queue.Failures(m.Seq))
	return nil
}
