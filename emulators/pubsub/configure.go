package pubsub

import (
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"

	"lastmile/emulators/pubsub/queue"
)

// update changes the fields that the paths name; deliveries under way finish as they began.
func (s *subscription) update(in *pubsubpb.Subscription, paths []string) (pb *pubsubpb.Subscription, err error) {
	s.do(func(q *queue.Queue, now time.Time) {
		var set settings
		if pb, err = changed(s.pb, in, paths); err != nil {
			return
		}
		if set, err = settingsOf(pb); err != nil {
			return
		}
		s.pb, s.settings = pb, set
		s.srv.ledger.subscription(pb)
		q.SetPolicy(set.policy)
		s.push.window = newWindow(s.srv.opts.PushWindow, s.srv.opts.PushBackoff)
	})
	if err != nil {
		return nil, err
	}
	return pb, nil
}

// detach cuts the subscription off its topic and drops its backlog.
func (s *subscription) detach() {
	s.leaveTopic()
	s.mu.Lock()
	pb := proto.CloneOf(s.pb)
	pb.Detached = true
	s.pb = pb
	s.srv.ledger.subscription(pb)
	s.mu.Unlock()
	s.end(errDetached(s.name))
	s.discard()
}

func (s *subscription) leaveTopic() {
	if t := s.currentTopic(); t != nil {
		t.detach(s)
	}
}
