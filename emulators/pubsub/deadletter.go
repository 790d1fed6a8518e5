package pubsub

import (
	"maps"
	"strconv"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"lastmile/emulators/pubsub/queue"
)

// bury publishes messages whose attempts are used up to the dead letter topic
// and only then drops them. Without such a topic they are tried again.
func (s *subscription) bury(dead []queue.Dead) {
	s.mu.Lock()
	to := s.settings.deadTopic
	s.mu.Unlock()
	moved := make([]bool, len(dead))
	for i, d := range dead {
		if t, err := s.srv.topic(to); err == nil {
			_, err = t.publish([]*pubsubpb.PubsubMessage{s.deadLetter(d)})
			moved[i] = err == nil
		}
	}
	s.do(func(q *queue.Queue, now time.Time) {
		for i, d := range dead {
			if !moved[i] {
				q.Revive(d.Key, now)
				continue
			}
			q.Drop(d.Key, now)
			s.srv.ledger.acked(s.name, d.Message)
			s.counts.DeadLettered++
		}
	})
}

// deadLetter is the message as Google forwards it.
func (s *subscription) deadLetter(d queue.Dead) *pubsubpb.PubsubMessage {
	body := d.Message.Body()
	attrs := maps.Clone(body.GetAttributes())
	if attrs == nil {
		attrs = map[string]string{}
	}
	attrs["CloudPubSubDeadLetterSourceDeliveryCount"] = strconv.Itoa(d.Attempts)
	attrs["CloudPubSubDeadLetterSourceSubscription"] = lastPart(s.name)
	attrs["CloudPubSubDeadLetterSourceSubscriptionProject"] = projectPart(s.name)
	attrs["CloudPubSubDeadLetterSourceTopicPublishTime"] = d.Message.At.UTC().Format("2006-01-02T15:04:05.000-07:00")
	return &pubsubpb.PubsubMessage{Data: body.GetData(), Attributes: attrs, OrderingKey: body.GetOrderingKey()}
}
