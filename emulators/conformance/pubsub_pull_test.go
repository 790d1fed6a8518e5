package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
)

var pubsubPullCases = []pubsubCase{
	{name: "what is published is pulled whole", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		ids := p.publish(t, topic, &pubsubpb.PubsubMessage{Data: []byte("hé\x00"), Attributes: map[string]string{"a": "1"}})
		got := p.pull(t, sub, 1)[0].GetMessage()
		require.Equal(t, "hé\x00", string(got.GetData()))
		require.Equal(t, map[string]string{"a": "1"}, got.GetAttributes())
		require.Equal(t, ids[0], got.GetMessageId())
		require.WithinDuration(t, time.Now(), got.GetPublishTime().AsTime(), time.Minute)
	}},
	{name: "every subscription gets its own copy", run: func(t *testing.T, p *pubsubProject) {
		topic, one := p.pair(t, nil)
		two := p.sub(t, "second-sub", topic, nil)
		p.publish(t, topic, pubsubText("x"))
		p.ack(t, one, p.pull(t, one, 1))
		require.Equal(t, []string{"x"}, pubsubTexts(p.pull(t, two, 1)))
	}},
	{name: "what was published before the subscription is not delivered", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		p.publish(t, topic, pubsubText("early"))
		sub := p.sub(t, "orders-sub", topic, nil)
		p.publish(t, topic, pubsubText("late"))
		require.Equal(t, []string{"late"}, pubsubTexts(p.pull(t, sub, 1)))
		p.nothing(t, sub)
	}},
	{name: "a message with a subscriber is not given to another", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		p.pull(t, sub, 1)
		p.nothing(t, sub)
	}},
	{name: "an acknowledged message never comes again", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		got := p.pull(t, sub, 1)
		p.deadline(t, sub, 1, got...)
		p.ack(t, sub, got)
		time.Sleep(1200 * time.Millisecond)
		p.nothing(t, sub)
	}},
	{name: "a message given back comes again at once", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		first := p.pull(t, sub, 1)
		p.deadline(t, sub, 0, first...)
		second := p.pull(t, sub, 1)
		require.Equal(t, first[0].GetMessage().GetMessageId(), second[0].GetMessage().GetMessageId())
		require.NotEqual(t, first[0].GetAckId(), second[0].GetAckId())
	}},
	{name: "a message whose deadline ran out comes again", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		p.deadline(t, sub, 1, p.pull(t, sub, 1)...)
		require.Equal(t, []string{"x"}, pubsubTexts(p.pull(t, sub, 1)))
	}},
	{name: "a longer deadline keeps the message", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		got := p.pull(t, sub, 1)
		p.deadline(t, sub, 1, got...)
		p.deadline(t, sub, 60, got...)
		time.Sleep(1200 * time.Millisecond)
		p.nothing(t, sub)
	}},
	{name: "the same acknowledgement twice is no error", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		got := p.pull(t, sub, 1)
		p.ack(t, sub, got)
		p.ack(t, sub, got)
	}},
	{name: "a pull without a number of messages is refused", run: func(t *testing.T, p *pubsubProject) {
		_, sub := p.pair(t, nil)
		_, err := p.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: sub})
		pubsubRefused(t, err, codes.InvalidArgument)
	}},
	{name: "a retry policy delays what was given back", differs: "Google's emulator delivers at once", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, func(s *pubsubpb.Subscription) {
			s.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(time.Second), MaximumBackoff: durationpb.New(2 * time.Second)}
		})
		p.publish(t, topic, pubsubText("x"))
		p.deadline(t, sub, 0, p.pull(t, sub, 1)...)
		p.nothing(t, sub)
		require.Equal(t, []string{"x"}, pubsubTexts(p.pull(t, sub, 1)))
	}},
	{name: "a dead letter topic receives what was given back too often", differs: "Google's emulator had not forwarded it after 20 s", run: func(t *testing.T, p *pubsubProject) {
		dead := p.topic(t, "orders-dead")
		graves := p.sub(t, "graves", dead, nil)
		topic, sub := p.pair(t, func(s *pubsubpb.Subscription) {
			s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: dead, MaxDeliveryAttempts: 5}
		})
		p.publish(t, topic, &pubsubpb.PubsubMessage{Data: []byte("poison"), Attributes: map[string]string{"own": "kept"}})
		for n := range 5 {
			got := p.pull(t, sub, 1)
			require.EqualValues(t, n+1, got[0].GetDeliveryAttempt())
			p.deadline(t, sub, 0, got...)
		}
		grave := p.pull(t, graves, 1)[0].GetMessage()
		require.Equal(t, "poison", string(grave.GetData()))
		require.Equal(t, "kept", grave.GetAttributes()["own"])
		require.Equal(t, "5", grave.GetAttributes()["CloudPubSubDeadLetterSourceDeliveryCount"])
		require.Equal(t, "orders-sub", grave.GetAttributes()["CloudPubSubDeadLetterSourceSubscription"])
		require.Equal(t, p.id, grave.GetAttributes()["CloudPubSubDeadLetterSourceSubscriptionProject"])
		p.nothing(t, sub)
	}},
	{name: "attempts are counted only with a dead letter policy", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		require.Zero(t, p.pull(t, sub, 1)[0].GetDeliveryAttempt())
	}},
	{name: "a filter lets through what it names", differs: "Google's emulator applies no filters", run: func(t *testing.T, p *pubsubProject) {
		for i, c := range []struct{ filter, want string }{
			{`attributes:kind`, "[order cart]"},
			{`attributes.kind = "order"`, "[order]"},
			{`attributes.kind != "order"`, "[cart none]"},
			{`NOT attributes:kind`, "[none]"},
			{`hasPrefix(attributes.kind, "ca")`, "[cart]"},
			{`attributes.kind = "cart" OR (attributes:kind AND attributes.kind = "order")`, "[order cart]"},
		} {
			topic := p.topic(t, fmt.Sprint("orders-", i))
			sub := p.sub(t, fmt.Sprint("orders-sub-", i), topic, func(s *pubsubpb.Subscription) { s.Filter = c.filter })
			p.publish(t, topic,
				&pubsubpb.PubsubMessage{Data: []byte("order"), Attributes: map[string]string{"kind": "order"}},
				&pubsubpb.PubsubMessage{Data: []byte("cart"), Attributes: map[string]string{"kind": "cart"}},
				pubsubText("none"))
			r, err := p.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: sub, MaxMessages: 10})
			require.NoError(t, err)
			require.Equal(t, c.want, fmt.Sprint(pubsubTexts(r.GetReceivedMessages())), c.filter)
		}
	}},
}
