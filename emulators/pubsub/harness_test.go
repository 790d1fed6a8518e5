package pubsub_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	vkit "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/emulators/pubsub"
)

const (
	topicName = "projects/p/topics/orders"
	deadName  = "projects/p/topics/orders-dead"
	subName   = "projects/p/subscriptions/orders-sub"
)

// bench is a server with the clients of its services.
type bench struct {
	t      testing.TB
	srv    *pubsub.Server
	topics *vkit.TopicAdminClient
	subs   *vkit.SubscriptionAdminClient
}

func start(t testing.TB, opts pubsub.Options) *bench {
	srv, err := pubsub.Start(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	b := &bench{t: t, srv: srv}
	b.dial()
	return b
}

func (b *bench) dial() {
	conn, err := grpc.NewClient(b.srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(b.t, err)
	b.t.Cleanup(func() { conn.Close() })
	b.topics, err = vkit.NewTopicAdminClient(b.t.Context(), option.WithGRPCConn(conn))
	require.NoError(b.t, err)
	b.subs, err = vkit.NewSubscriptionAdminClient(b.t.Context(), option.WithGRPCConn(conn))
	require.NoError(b.t, err)
}

func (b *bench) topic(names ...string) {
	for _, name := range names {
		_, err := b.topics.CreateTopic(b.t.Context(), &pubsubpb.Topic{Name: name})
		require.NoError(b.t, err)
	}
}

// sub creates a subscription of the test's topic; edit may change it first.
func (b *bench) sub(name string, edit func(*pubsubpb.Subscription)) {
	s := &pubsubpb.Subscription{Name: name, Topic: topicName}
	if edit != nil {
		edit(s)
	}
	_, err := b.subs.CreateSubscription(b.t.Context(), s)
	require.NoError(b.t, err)
}

func (b *bench) publish(messages ...*pubsubpb.PubsubMessage) []string {
	r, err := b.topics.Publish(b.t.Context(), &pubsubpb.PublishRequest{Topic: topicName, Messages: messages})
	require.NoError(b.t, err)
	return r.GetMessageIds()
}

func (b *bench) idle() {
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(b.t, b.srv.Idle(ctx), "stats: %+v", b.srv.Stats())
}

func text(s string) *pubsubpb.PubsubMessage { return &pubsubpb.PubsubMessage{Data: []byte(s)} }

func keyed(key, s string) *pubsubpb.PubsubMessage {
	return &pubsubpb.PubsubMessage{Data: []byte(s), OrderingKey: key}
}

// received is one push as the endpoint saw it.
type received struct {
	header  http.Header
	raw     []byte
	Message struct {
		Data         []byte
		Attributes   map[string]string
		MessageID    string `json:"messageId"`
		MessageID2   string `json:"message_id"`
		PublishTime  time.Time
		PublishTime2 time.Time `json:"publish_time"`
		OrderingKey  string
	}
	Subscription    string
	DeliveryAttempt int
}

// endpoint is a push endpoint that remembers what it received and answers as the test says.
type endpoint struct {
	url string

	mu   sync.Mutex
	seen []received
}

func serve(t testing.TB, answer func(received) int) *endpoint {
	e := &endpoint{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var r received
		body := make([]byte, req.ContentLength)
		for n := 0; n < len(body); {
			k, err := req.Body.Read(body[n:])
			n += k
			if err != nil {
				break
			}
		}
		r.header, r.raw = req.Header.Clone(), body
		_ = json.Unmarshal(body, &r) // an unwrapped payload is not JSON
		e.mu.Lock()
		e.seen = append(e.seen, r)
		e.mu.Unlock()
		w.WriteHeader(answer(r))
	}))
	t.Cleanup(srv.Close)
	e.url = srv.URL
	return e
}

func (e *endpoint) all() []received {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]received(nil), e.seen...)
}

func (e *endpoint) texts() (out []string) {
	for _, r := range e.all() {
		out = append(out, string(r.Message.Data))
	}
	return out
}

func always(status int) func(received) int { return func(received) int { return status } }

func pushTo(e *endpoint) func(*pubsubpb.Subscription) {
	return func(s *pubsubpb.Subscription) { s.PushConfig = &pubsubpb.PushConfig{PushEndpoint: e.url} }
}
