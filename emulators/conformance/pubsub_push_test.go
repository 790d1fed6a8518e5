package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"
)

// pubsubEnvelope is the body of a push.
type pubsubEnvelope struct {
	Message struct {
		Data        []byte
		Attributes  map[string]string
		MessageID   string `json:"messageId"`
		ID          string `json:"message_id"`
		PublishTime time.Time
		Published   time.Time `json:"publish_time"`
		OrderingKey string
	}
	Subscription    string
	DeliveryAttempt int
}

func (push pubsubPush) envelope(t *testing.T) (e pubsubEnvelope) {
	t.Helper()
	require.NoError(t, json.Unmarshal(push.body, &e), "%s", push.body)
	return e
}

var pubsubPushCases = []pubsubCase{
	{name: "a push wraps the message in JSON", run: func(t *testing.T, p *pubsubProject) {
		e := pubsubServe(t, 204)
		topic, sub := p.pair(t, e.to)
		ids := p.publish(t, topic, &pubsubpb.PubsubMessage{Data: []byte("hé\n\x00"), Attributes: map[string]string{"a": `q"\ü`}})
		got := e.await(t, 1)[0]
		env := got.envelope(t)
		require.Equal(t, "hé\n\x00", string(env.Message.Data))
		require.Equal(t, map[string]string{"a": `q"\ü`}, env.Message.Attributes)
		require.Equal(t, ids[0], env.Message.MessageID)
		require.Equal(t, ids[0], env.Message.ID)
		require.Equal(t, env.Message.PublishTime, env.Message.Published)
		require.Equal(t, sub, env.Subscription)
		require.Contains(t, got.header.Get("Content-Type"), "application/json")
	}},
	{name: "a push carries the ordering key", differs: "Google's emulator leaves it out", run: func(t *testing.T, p *pubsubProject) {
		e := pubsubServe(t, 204)
		topic, _ := p.pair(t, func(s *pubsubpb.Subscription) { e.to(s); pubsubOrdered(s) })
		p.publish(t, topic, pubsubKeyed("courier-7", "x"))
		require.Equal(t, "courier-7", e.await(t, 1)[0].envelope(t).Message.OrderingKey)
	}},
	{name: "a push says which attempt it is when there is a dead letter policy", differs: "Google's emulator leaves it out", run: func(t *testing.T, p *pubsubProject) {
		e, dead := pubsubServe(t, 500, 500, 200), p.topic(t, "orders-dead")
		topic, _ := p.pair(t, func(s *pubsubpb.Subscription) {
			e.to(s)
			s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: dead, MaxDeliveryAttempts: 5}
		})
		p.publish(t, topic, pubsubText("x"))
		for i, push := range e.await(t, 3) {
			require.Equal(t, i+1, push.envelope(t).DeliveryAttempt)
		}
	}},
	{name: "202 acknowledges", run: func(t *testing.T, p *pubsubProject) {
		e := pubsubServe(t, 202)
		topic, _ := p.pair(t, e.to)
		p.publish(t, topic, pubsubText("1"))
		e.await(t, 1)
		p.publish(t, topic, pubsubText("2"))
		e.await(t, 2)
		time.Sleep(300 * time.Millisecond)
		require.Len(t, e.await(t, 2), 2)
	}},
	{name: "an error is retried until the push succeeds", run: func(t *testing.T, p *pubsubProject) {
		e := pubsubServe(t, 500, 404, 200)
		topic, _ := p.pair(t, e.to)
		p.publish(t, topic, pubsubText("x"))
		seen := e.await(t, 3)
		require.Equal(t, seen[0].envelope(t).Message.MessageID, seen[2].envelope(t).Message.MessageID)
		time.Sleep(300 * time.Millisecond)
		require.Len(t, e.await(t, 3), 3)
	}},
	{name: "a push subscription turned to pull gives its backlog to pull", run: func(t *testing.T, p *pubsubProject) {
		e := pubsubServe(t, 500)
		topic, sub := p.pair(t, func(s *pubsubpb.Subscription) {
			e.to(s)
			s.RetryPolicy = &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(time.Second), MaximumBackoff: durationpb.New(time.Second)}
		})
		p.publish(t, topic, pubsubText("x"))
		e.await(t, 1)
		require.NoError(t, p.subs.ModifyPushConfig(t.Context(), &pubsubpb.ModifyPushConfigRequest{Subscription: sub, PushConfig: &pubsubpb.PushConfig{}}))
		require.Equal(t, []string{"x"}, pubsubTexts(p.pull(t, sub, 1)))
	}},
	{name: "a new endpoint receives what comes next", run: func(t *testing.T, p *pubsubProject) {
		one, two := pubsubServe(t, 200), pubsubServe(t, 200)
		topic, sub := p.pair(t, one.to)
		p.publish(t, topic, pubsubText("1"))
		one.await(t, 1)
		require.NoError(t, p.subs.ModifyPushConfig(t.Context(), &pubsubpb.ModifyPushConfigRequest{Subscription: sub, PushConfig: &pubsubpb.PushConfig{PushEndpoint: two.url}}))
		p.publish(t, topic, pubsubText("2"))
		require.Equal(t, "2", string(two.await(t, 1)[0].envelope(t).Message.Data))
	}},
	{name: "an unwrapped push is the payload, with metadata as headers", run: func(t *testing.T, p *pubsubProject) {
		e := pubsubServe(t, 200)
		topic, sub := p.pair(t, func(s *pubsubpb.Subscription) {
			e.to(s)
			s.PushConfig.Wrapper = &pubsubpb.PushConfig_NoWrapper_{NoWrapper: &pubsubpb.PushConfig_NoWrapper{WriteMetadata: true}}
		})
		ids := p.publish(t, topic, &pubsubpb.PubsubMessage{Data: []byte("plain"), Attributes: map[string]string{"ce-type": "order.v1"}})
		got := e.await(t, 1)[0]
		require.Equal(t, "plain", string(got.body))
		require.Equal(t, "order.v1", got.header.Get("ce-type"))
		require.Equal(t, ids[0], got.header.Get("x-goog-pubsub-message-id"))
		require.Equal(t, sub, got.header.Get("x-goog-pubsub-subscription-name"))
		require.NotEmpty(t, got.header.Get("x-goog-pubsub-publish-time"))
	}},
	{name: "a push with a service account carries a token", differs: "Google's emulator sends none", run: func(t *testing.T, p *pubsubProject) {
		e := pubsubServe(t, 200)
		topic, _ := p.pair(t, func(s *pubsubpb.Subscription) {
			e.to(s)
			s.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{ServiceAccountEmail: "push@p.iam.gserviceaccount.com"}}
		})
		p.publish(t, topic, pubsubText("x"))
		token, ok := strings.CutPrefix(e.await(t, 1)[0].header.Get("Authorization"), "Bearer ")
		require.True(t, ok)
		require.Equal(t, 2, strings.Count(token, "."))
	}},
}
