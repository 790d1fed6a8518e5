package conformance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// pubsubAll gathers everything of an iterator.
func pubsubAll[T any](t *testing.T, next func() (T, error)) (all []T) {
	t.Helper()
	for {
		x, err := next()
		if err == iterator.Done {
			return all
		}
		require.NoError(t, err)
		all = append(all, x)
	}
}

var pubsubListCases = []pubsubCase{
	{name: "subscriptions are listed by project and by topic", run: func(t *testing.T, p *pubsubProject) {
		one, two := p.topic(t, "topic-one"), p.topic(t, "topic-two")
		a, b := p.sub(t, "sub-a", one, nil), p.sub(t, "sub-b", one, nil)
		c := p.sub(t, "sub-c", two, nil)
		names := []string{}
		for _, s := range pubsubAll(t, p.subs.ListSubscriptions(t.Context(), &pubsubpb.ListSubscriptionsRequest{Project: "projects/" + p.id, PageSize: 2}).Next) {
			names = append(names, s.GetName())
		}
		require.ElementsMatch(t, []string{a, b, c}, names)
		require.ElementsMatch(t, []string{a, b}, pubsubAll(t, p.topics.ListTopicSubscriptions(t.Context(), &pubsubpb.ListTopicSubscriptionsRequest{Topic: one}).Next))
	}},
	{name: "a topic's labels change and the rest stays", differs: "Google's emulator takes no labels", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		got, err := p.topics.UpdateTopic(t.Context(), &pubsubpb.UpdateTopicRequest{
			Topic:      &pubsubpb.Topic{Name: topic, Labels: map[string]string{"team": "b"}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"labels"}},
		})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"team": "b"}, got.GetLabels())
		require.Equal(t, topic, got.GetName())
	}},
	{name: "an update of a topic without a mask is refused", run: func(t *testing.T, p *pubsubProject) {
		_, err := p.topics.UpdateTopic(t.Context(), &pubsubpb.UpdateTopicRequest{Topic: &pubsubpb.Topic{Name: p.topic(t, "orders")}})
		pubsubRefused(t, err, codes.InvalidArgument)
	}},
	{name: "snapshots are listed by project and by topic", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		var want []string
		for _, id := range []string{"snap-a", "snap-b", "snap-c"} {
			s, err := p.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: p.name("snapshots", id), Subscription: sub})
			require.NoError(t, err)
			want = append(want, s.GetName())
		}
		var got []string
		for _, s := range pubsubAll(t, p.subs.ListSnapshots(t.Context(), &pubsubpb.ListSnapshotsRequest{Project: "projects/" + p.id, PageSize: 2}).Next) {
			got = append(got, s.GetName())
		}
		require.ElementsMatch(t, want, got)
		require.ElementsMatch(t, want, pubsubAll(t, p.topics.ListTopicSnapshots(t.Context(), &pubsubpb.ListTopicSnapshotsRequest{Topic: topic}).Next))
	}},
	{name: "a snapshot's labels and end can be changed", differs: "Google's emulator does not implement UpdateSnapshot", run: func(t *testing.T, p *pubsubProject) {
		_, sub := p.pair(t, nil)
		name := p.name("snapshots", "before")
		_, err := p.subs.CreateSnapshot(t.Context(), &pubsubpb.CreateSnapshotRequest{Name: name, Subscription: sub})
		require.NoError(t, err)
		end := time.Now().Add(2 * time.Hour).Truncate(time.Second)
		got, err := p.subs.UpdateSnapshot(t.Context(), &pubsubpb.UpdateSnapshotRequest{
			Snapshot:   &pubsubpb.Snapshot{Name: name, Labels: map[string]string{"why": "test"}, ExpireTime: timestamppb.New(end)},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"labels", "expire_time"}},
		})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"why": "test"}, got.GetLabels())
		require.Equal(t, end.UTC(), got.GetExpireTime().AsTime())
	}},
	{name: "a message beyond Google's limits is refused", differs: "Google's emulator checks none of them", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		attrs := map[string]string{}
		for i := range 101 {
			attrs[fmt.Sprint("k", i)] = "v"
		}
		for what, m := range map[string]*pubsubpb.PubsubMessage{
			"attributes":   {Attributes: attrs},
			"a key":        {Attributes: map[string]string{strings.Repeat("k", 257): "v"}},
			"goog":         {Attributes: map[string]string{"googclient": "v"}},
			"a value":      {Attributes: map[string]string{"k": strings.Repeat("v", 1025)}},
			"ordering key": {Data: []byte("x"), OrderingKey: strings.Repeat("k", 1025)},
		} {
			_, err := p.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: topic, Messages: []*pubsubpb.PubsubMessage{m}})
			require.Error(t, err, what)
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "more than a thousand messages at once are refused", run: func(t *testing.T, p *pubsubProject) {
		many := make([]*pubsubpb.PubsubMessage, 1001)
		for i := range many {
			many[i] = pubsubText("x")
		}
		_, err := p.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: p.topic(t, "orders"), Messages: many})
		pubsubRefused(t, err, codes.InvalidArgument)
	}},
	{name: "a retention outside 10 minutes to 31 days is refused", run: func(t *testing.T, p *pubsubProject) {
		topic := p.topic(t, "orders")
		for _, d := range []time.Duration{time.Minute, 32 * 24 * time.Hour} {
			_, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{
				Name: p.name("subscriptions", "orders-sub"), Topic: topic, MessageRetentionDuration: durationpb.New(d),
			})
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "a dead letter topic that is not there is not found", run: func(t *testing.T, p *pubsubProject) {
		_, err := p.subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{
			Name: p.name("subscriptions", "orders-sub"), Topic: p.topic(t, "orders"),
			DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: p.name("topics", "none"), MaxDeliveryAttempts: 5},
		})
		pubsubRefused(t, err, codes.NotFound)
	}},
}
