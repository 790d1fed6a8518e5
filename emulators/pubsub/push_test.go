package pubsub_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/pubsub"
)

func TestPushCarriesTheWholeMessage(t *testing.T) {
	b := start(t, pubsub.Options{})
	e := serve(t, always(204))
	b.topic(topicName, deadName)
	b.sub(subName, func(s *pubsubpb.Subscription) {
		pushTo(e)(s)
		s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: deadName}
	})

	ids := b.publish(&pubsubpb.PubsubMessage{
		Data: []byte("héllo\n"), OrderingKey: `k"1`, Attributes: map[string]string{"kind": "new", "quote": `a"b\c`, "empty": ""},
	})
	b.idle()

	require.Len(t, e.all(), 1)
	got := e.all()[0]
	require.Equal(t, "héllo\n", string(got.Message.Data))
	require.Equal(t, map[string]string{"kind": "new", "quote": `a"b\c`, "empty": ""}, got.Message.Attributes)
	require.Equal(t, ids[0], got.Message.MessageID)
	require.Equal(t, ids[0], got.Message.MessageID2)
	require.Equal(t, `k"1`, got.Message.OrderingKey)
	require.Equal(t, got.Message.PublishTime, got.Message.PublishTime2)
	require.Equal(t, subName, got.Subscription)
	require.Equal(t, 1, got.DeliveryAttempt)
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
}

func TestPushIsAcknowledgedByStatus(t *testing.T) {
	for status, acked := range map[int]bool{200: true, 201: true, 202: true, 204: true, 203: false, 302: false, 400: false, 429: false, 500: false} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			b := start(t, pubsub.Options{})
			var calls atomic.Int32
			e := serve(t, func(received) int {
				if calls.Add(1) == 1 {
					return status
				}
				return 204
			})
			b.topic(topicName)
			b.sub(subName, pushTo(e))
			b.publish(text("x"))
			b.idle()
			require.Equal(t, acked, calls.Load() == 1)
		})
	}
}

func TestAFailingMessageReachesTheDeadLetterTopicWithItsHistory(t *testing.T) {
	b := start(t, pubsub.Options{})
	bad, dead := serve(t, always(500)), serve(t, always(200))
	b.topic(topicName, deadName)
	b.sub(subName, func(s *pubsubpb.Subscription) {
		pushTo(bad)(s)
		s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: deadName, MaxDeliveryAttempts: 5}
		s.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(time.Millisecond), MaximumBackoff: durationpb.New(4 * time.Millisecond)}
	})
	b.sub("projects/p/subscriptions/dead-sub", func(s *pubsubpb.Subscription) {
		pushTo(dead)(s)
		s.Topic = deadName
	})

	b.publish(&pubsubpb.PubsubMessage{Data: []byte("poison"), Attributes: map[string]string{"own": "kept"}})
	b.idle()

	var attempts []int
	for _, r := range bad.all() {
		attempts = append(attempts, r.DeliveryAttempt)
	}
	require.Equal(t, []int{1, 2, 3, 4, 5}, attempts)
	require.Len(t, dead.all(), 1)
	got := dead.all()[0].Message
	require.Equal(t, "poison", string(got.Data))
	require.Equal(t, "kept", got.Attributes["own"])
	require.Equal(t, "5", got.Attributes["CloudPubSubDeadLetterSourceDeliveryCount"])
	require.Equal(t, "orders-sub", got.Attributes["CloudPubSubDeadLetterSourceSubscription"])
	require.Equal(t, "p", got.Attributes["CloudPubSubDeadLetterSourceSubscriptionProject"])
	require.NotEmpty(t, got.Attributes["CloudPubSubDeadLetterSourceTopicPublishTime"])
	require.EqualValues(t, 1, b.srv.Stats()[subName].DeadLettered)
}

func TestPushKeepsTheOrderOfAKeyThroughFailures(t *testing.T) {
	b := start(t, pubsub.Options{PushBackoff: pubsub.PushBackoff{Min: -1}})
	var calls atomic.Int32
	e := serve(t, func(received) int {
		if calls.Add(1)%3 == 0 {
			return 503
		}
		return 200
	})
	b.topic(topicName)
	b.sub(subName, func(s *pubsubpb.Subscription) {
		pushTo(e)(s)
		s.EnableMessageOrdering = true
	})
	var want []string
	for i := range 60 {
		b.publish(keyed("k", fmt.Sprint(i)))
		want = append(want, fmt.Sprint(i))
	}
	b.idle()

	var distinct []string
	for _, got := range e.texts() {
		if len(distinct) == 0 || distinct[len(distinct)-1] != got {
			distinct = append(distinct, got)
		}
	}
	require.Equal(t, want, distinct)
}

func TestAFilterDecidesWhatIsPushed(t *testing.T) {
	b := start(t, pubsub.Options{})
	e := serve(t, always(200))
	b.topic(topicName)
	b.sub(subName, func(s *pubsubpb.Subscription) {
		pushTo(e)(s)
		s.Filter = `attributes.kind = "order" AND NOT attributes:test`
	})
	with := func(data string, attrs ...string) *pubsubpb.PubsubMessage {
		m := &pubsubpb.PubsubMessage{Data: []byte(data), Attributes: map[string]string{}}
		for i := 0; i < len(attrs); i += 2 {
			m.Attributes[attrs[i]] = attrs[i+1]
		}
		return m
	}
	b.publish(with("yes", "kind", "order"), with("other", "kind", "cart"), with("test", "kind", "order", "test", "1"), with("none"))
	b.idle()
	require.Equal(t, []string{"yes"}, e.texts())
}
