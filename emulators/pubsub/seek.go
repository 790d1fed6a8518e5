package pubsub

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"lastmile/emulators/pubsub/queue"
)

// Seek is an RPC.
func (r *subscriber) Seek(_ context.Context, in *pubsubpb.SeekRequest) (*pubsubpb.SeekResponse, error) {
	sub, err := r.find(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	switch to := in.GetTarget().(type) {
	case *pubsubpb.SeekRequest_Time:
		at := to.Time.AsTime()
		err = sub.seek(func(m *queue.Message) bool { return !m.At.Before(at) }, nil)
	case *pubsubpb.SeekRequest_Snapshot:
		err = r.seekSnapshot(sub, to.Snapshot)
	default:
		err = invalid("A seek needs a target: time or snapshot.")
	}
	if err != nil {
		return nil, err
	}
	return &pubsubpb.SeekResponse{}, r.srv.checkpoint() // a seek has no record of its own
}

func (r *subscriber) seekSnapshot(sub *subscription, name string) error {
	r.srv.mu.RLock()
	snap, err := r.srv.liveSnapshot(name)
	r.srv.mu.RUnlock()
	if err != nil {
		return err
	}
	if sub.currentTopic() != snap.topic {
		return precondition("The snapshot belongs to another topic than the subscription (resource=%s).", lastPart(name))
	}
	kept := make(map[uint64]bool, len(snap.backlog))
	for _, m := range snap.backlog {
		kept[m.Seq] = true
	}
	return sub.seek(func(m *queue.Message) bool { return m.Seq > snap.after || kept[m.Seq] }, snap.backlog)
}

// seek makes unacknowledged what wanted says and acknowledges everything else. It knows the
// backlog, what subscription and topic retain, and the messages of more.
func (s *subscription) seek(wanted func(*queue.Message) bool, more []*queue.Message) error {
	if t := s.currentTopic(); t != nil {
		t.mu.Lock() // nothing is published meanwhile
		defer t.mu.Unlock()
		t.history.trim(s.srv.now())
		more = append(slices.Clip(more), t.history.messages...)
	}
	var err error
	s.do(func(q *queue.Queue, now time.Time) {
		if err = s.gone; err != nil {
			return
		}
		known := slices.Concat(q.Unacked(), q.Retained(), more)
		slices.SortFunc(known, func(a, b *queue.Message) int { return cmp.Compare(a.Seq, b.Seq) })
		known = slices.CompactFunc(known, func(a, b *queue.Message) bool { return a.Seq == b.Seq })
		known = slices.DeleteFunc(known, func(m *queue.Message) bool {
			return !wanted(m) || !s.wants(m)
		})
		q.Reset(known, now)
	})
	return err
}

func (s *subscription) currentTopic() *topic {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.topic
}

// forget lets go what only snap needed.
func (t *topic) forget(snap *snapshot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.history.snapshots, snap)
	t.history.trim(t.srv.now())
}
