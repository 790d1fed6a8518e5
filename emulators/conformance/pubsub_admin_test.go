package conformance_test

import (
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

var pubsubAdminCases = []pubsubCase{
	{name: "a topic is created once", run: func(t *testing.T, p *pubsubProject) {
		name := p.topic(t, "orders")
		_, err := p.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: name})
		pubsubRefused(t, err, codes.AlreadyExists)
	}},
	{name: "a topic that is not there is not found", run: func(t *testing.T, p *pubsubProject) {
		none := p.name("topics", "none")
		_, err := p.topics.GetTopic(t.Context(), &pubsubpb.GetTopicRequest{Topic: none})
		pubsubRefused(t, err, codes.NotFound)
		_, err = p.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: none, Messages: []*pubsubpb.PubsubMessage{pubsubText("x")}})
		pubsubRefused(t, err, codes.NotFound)
		_, err = p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: p.name("subscriptions", "orders-sub"), Topic: none})
		pubsubRefused(t, err, codes.NotFound)
		pubsubRefused(t, p.topics.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: none}), codes.NotFound)
	}},
	{name: "a name that Google refuses is refused", run: func(t *testing.T, p *pubsubProject) {
		for _, id := range []string{"1abc", "ab", "a b c", "goog-orders"} {
			_, err := p.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: p.name("topics", id)})
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "topics are listed page by page", run: func(t *testing.T, p *pubsubProject) {
		want := map[string]bool{}
		for _, id := range []string{"one", "two", "three", "four", "five"} {
			want[p.topic(t, id)] = true
		}
		it := p.topics.ListTopics(t.Context(), &pubsubpb.ListTopicsRequest{Project: "projects/" + p.id, PageSize: 2})
		got := map[string]bool{}
		for {
			topic, err := it.Next()
			if err == iterator.Done {
				break
			}
			require.NoError(t, err)
			got[topic.GetName()] = true
		}
		require.Equal(t, want, got)
	}},
	{name: "a subscription reads back with Google's defaults", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		got, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: p.name("subscriptions", "orders-sub"), Topic: topic})
		require.NoError(t, err)
		require.Equal(t, topic, got.GetTopic())
		require.EqualValues(t, 10, got.GetAckDeadlineSeconds())
		require.Equal(t, 7*24*time.Hour, got.GetMessageRetentionDuration().AsDuration())
	}},
	{name: "a subscription is created once", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		_, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: sub, Topic: topic})
		pubsubRefused(t, err, codes.AlreadyExists)
	}},
	{name: "an ack deadline outside 10 to 600 s is refused", differs: "Google's emulator takes any", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		for _, s := range []int32{1, 9, 601, -1} {
			_, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: p.name("subscriptions", "orders-sub"), Topic: topic, AckDeadlineSeconds: s})
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "dead letter attempts outside 5 to 100 are refused", run: func(t *testing.T, p *pubsubProject) {
		topic, dead := p.topic(t, "orders"), p.topic(t, "orders-dead")
		for _, n := range []int32{1, 4, 101} {
			_, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{
				Name: p.name("subscriptions", "orders-sub"), Topic: topic,
				DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: dead, MaxDeliveryAttempts: n},
			})
			pubsubRefused(t, err, codes.OutOfRange)
		}
	}},
	{name: "a backoff over 600 s, or a minimum above the maximum, is refused", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		for _, r := range [][2]time.Duration{{time.Second, 601 * time.Second}, {20 * time.Second, 10 * time.Second}} {
			_, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{
				Name: p.name("subscriptions", "orders-sub"), Topic: topic,
				RetryPolicy: &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(r[0]), MaximumBackoff: durationpb.New(r[1])},
			})
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "a filter that does not parse is refused", differs: "Google's emulator takes any filter and applies none", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		for _, f := range []string{"kind = 1", `attributes.a = "1" AND attributes.b = "2" OR attributes.c = "3"`, `attributes.a = `} {
			_, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: p.name("subscriptions", "orders-sub"), Topic: topic, Filter: f})
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "an update changes what its mask names and nothing else", run: func(t *testing.T, p *pubsubProject) {
		_, sub := p.pair(t, func(s *pubsubpb.Subscription) { s.Labels = map[string]string{"team": "a"} })
		got, err := p.subs.UpdateSubscription(t.Context(), &pubsubpb.UpdateSubscriptionRequest{
			Subscription: &pubsubpb.Subscription{Name: sub, AckDeadlineSeconds: 42},
			UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"ack_deadline_seconds"}},
		})
		require.NoError(t, err)
		require.EqualValues(t, 42, got.GetAckDeadlineSeconds())
		require.Equal(t, map[string]string{"team": "a"}, got.GetLabels())
	}},
	{name: "what cannot change is refused by an update", run: func(t *testing.T, p *pubsubProject) {
		_, sub := p.pair(t, nil)
		for _, path := range []string{"topic", "nonsense"} {
			_, err := p.subs.UpdateSubscription(t.Context(), &pubsubpb.UpdateSubscriptionRequest{
				Subscription: &pubsubpb.Subscription{Name: sub, Topic: p.name("topics", "other")},
				UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{path}},
			})
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "a subscription outlives its topic and keeps its backlog", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("left"))
		require.NoError(t, p.topics.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: topic}))
		got, err := p.subs.GetSubscription(t.Context(), &pubsubpb.GetSubscriptionRequest{Subscription: sub})
		require.NoError(t, err)
		require.Equal(t, "_deleted-topic_", got.GetTopic())
		require.Equal(t, []string{"left"}, pubsubTexts(p.pull(t, sub, 1)))
	}},
	{name: "a topic created again does not adopt the old subscriptions", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		require.NoError(t, p.topics.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: topic}))
		p.topic(t, "orders")
		p.publish(t, topic, pubsubText("x"))
		p.nothing(t, sub)
	}},
	{name: "a deleted subscription is gone with its backlog", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		require.NoError(t, p.subs.DeleteSubscription(t.Context(), &pubsubpb.DeleteSubscriptionRequest{Subscription: sub}))
		_, err := p.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: sub, MaxMessages: 1})
		pubsubRefused(t, err, codes.NotFound)
		p.sub(t, "orders-sub", topic, nil)
		p.nothing(t, sub)
	}},
	{name: "a detached subscription says so and gives nothing", differs: "Google's emulator does not implement DetachSubscription", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		_, err := p.topics.DetachSubscription(t.Context(), &pubsubpb.DetachSubscriptionRequest{Subscription: sub})
		require.NoError(t, err)
		_, err = p.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: sub, MaxMessages: 1})
		pubsubRefused(t, err, codes.FailedPrecondition)
		got, err := p.subs.GetSubscription(t.Context(), &pubsubpb.GetSubscriptionRequest{Subscription: sub})
		require.NoError(t, err)
		require.True(t, got.GetDetached())
	}},
	{name: "a message without data and attributes is refused", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		for _, messages := range [][]*pubsubpb.PubsubMessage{nil, {{}}, {pubsubText("x"), {OrderingKey: "k"}}} {
			_, err := p.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: topic, Messages: messages})
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
}
