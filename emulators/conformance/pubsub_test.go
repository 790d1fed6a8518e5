package conformance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pubsubadmin "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"lastmile/emulators/google"
	pubsubserver "lastmile/emulators/pubsub"
)

// pubsubCase is one promise of Pub/Sub.
type pubsubCase = googleCase[*pubsubProject]

// pubsubProject is a project of its own for one case.
type pubsubProject struct {
	addr, id string
	topics   *pubsubadmin.TopicAdminClient
	subs     *pubsubadmin.SubscriptionAdminClient
}

func TestPubSub(t *testing.T) {
	onBoth(t, slices.Concat(pubsubAdminCases, pubsubPullCases, pubsubOrderCases, pubsubOnceCases, pubsubSeekCases, pubsubPushCases, pubsubClientCases, pubsubListCases, pubsubStreamCases),
		pubsubOurs, pubsubGoogle, pubsubOpen)
}

func pubsubOurs(t *testing.T) string {
	srv, err := pubsubserver.Start(pubsubserver.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return srv.Addr()
}

func pubsubGoogle(t *testing.T) string {
	addr := googles(t, "LASTMILE_CONFORMANCE_PUBSUB", google.PubSub)
	p := pubsubOpen(t, addr)
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: p.name("topics", "none")})
		return status.Code(err) == codes.NotFound
	}, time.Minute, 50*time.Millisecond)
	return addr
}

var pubsubSerial atomic.Int64

func pubsubOpen(t *testing.T, addr string) *pubsubProject {
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	p := &pubsubProject{addr: addr, id: fmt.Sprintf("case-%d-%d", time.Now().UnixMilli(), pubsubSerial.Add(1))}
	p.topics, err = pubsubadmin.NewTopicAdminClient(t.Context(), option.WithGRPCConn(conn))
	require.NoError(t, err)
	p.subs, err = pubsubadmin.NewSubscriptionAdminClient(t.Context(), option.WithGRPCConn(conn))
	require.NoError(t, err)
	return p
}

func (p *pubsubProject) name(kind, id string) string {
	return fmt.Sprintf("projects/%s/%s/%s", p.id, kind, id)
}

// topic creates a topic and returns its name.
func (p *pubsubProject) topic(t *testing.T, id string) string {
	t.Helper()
	pb, err := p.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: p.name("topics", id)})
	require.NoError(t, err)
	return pb.GetName()
}

// sub creates a subscription of the topic and returns its name; edit may change it first.
func (p *pubsubProject) sub(t *testing.T, id, topic string, edit func(*pubsubpb.Subscription)) string {
	t.Helper()
	s := &pubsubpb.Subscription{Name: p.name("subscriptions", id), Topic: topic, AckDeadlineSeconds: 10}
	if edit != nil {
		edit(s)
	}
	pb, err := p.subs.CreateSubscription(t.Context(), s)
	require.NoError(t, err)
	return pb.GetName()
}

// pair creates a topic and a subscription of it.
func (p *pubsubProject) pair(t *testing.T, edit func(*pubsubpb.Subscription)) (topic, sub string) {
	t.Helper()
	topic = p.topic(t, "orders")
	return topic, p.sub(t, "orders-sub", topic, edit)
}

func (p *pubsubProject) publish(t *testing.T, topic string, messages ...*pubsubpb.PubsubMessage) []string {
	t.Helper()
	r, err := p.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: topic, Messages: messages})
	require.NoError(t, err)
	require.Len(t, r.GetMessageIds(), len(messages))
	return r.GetMessageIds()
}

// pull gathers n messages, and none that come after them.
func (p *pubsubProject) pull(t *testing.T, sub string, n int) (got []*pubsubpb.ReceivedMessage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for len(got) < n {
		r, err := p.subs.Pull(ctx, &pubsubpb.PullRequest{Subscription: sub, MaxMessages: int32(n - len(got))})
		require.NoError(t, err, "with %d of %d messages", len(got), n)
		got = append(got, r.GetReceivedMessages()...)
	}
	return got
}

// nothing checks that the subscription has nothing to deliver now.
func (p *pubsubProject) nothing(t *testing.T, sub string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r, err := p.subs.Pull(ctx, &pubsubpb.PullRequest{Subscription: sub, MaxMessages: 10})
	if err != nil {
		require.Equal(t, codes.DeadlineExceeded, status.Code(err))
	}
	require.Empty(t, pubsubTexts(r.GetReceivedMessages()))
}

func (p *pubsubProject) ack(t *testing.T, sub string, got []*pubsubpb.ReceivedMessage) {
	t.Helper()
	require.NoError(t, p.subs.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: sub, AckIds: pubsubAckIDs(got)}))
}

// deadline sets the deadline of deliveries; 0 gives them back.
func (p *pubsubProject) deadline(t *testing.T, sub string, seconds int32, got ...*pubsubpb.ReceivedMessage) {
	t.Helper()
	require.NoError(t, p.subs.ModifyAckDeadline(t.Context(), &pubsubpb.ModifyAckDeadlineRequest{
		Subscription: sub, AckIds: pubsubAckIDs(got), AckDeadlineSeconds: seconds,
	}))
}

func pubsubAckIDs(got []*pubsubpb.ReceivedMessage) (out []string) {
	for _, m := range got {
		out = append(out, m.GetAckId())
	}
	return out
}

func pubsubTexts(got []*pubsubpb.ReceivedMessage) (out []string) {
	for _, m := range got {
		out = append(out, string(m.GetMessage().GetData()))
	}
	return out
}

func pubsubText(s string) *pubsubpb.PubsubMessage { return &pubsubpb.PubsubMessage{Data: []byte(s)} }

func pubsubKeyed(key, s string) *pubsubpb.PubsubMessage {
	return &pubsubpb.PubsubMessage{Data: []byte(s), OrderingKey: key}
}

func pubsubRefused(t *testing.T, err error, code codes.Code) {
	t.Helper()
	require.Equal(t, code, status.Code(err), "%v", err)
}

// pubsubEndpoint is a push endpoint that keeps what it received.
type pubsubEndpoint struct {
	url string

	mu   sync.Mutex
	seen []pubsubPush
}

type pubsubPush struct {
	header http.Header
	body   []byte
}

// pubsubServe answers the nth push with the nth status, and with the last one from then on.
func pubsubServe(t *testing.T, answers ...int) *pubsubEndpoint {
	e := &pubsubEndpoint{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a short body fails the case
		e.mu.Lock()
		n := min(len(e.seen), len(answers)-1)
		e.seen = append(e.seen, pubsubPush{r.Header.Clone(), body})
		e.mu.Unlock()
		w.WriteHeader(answers[n])
	}))
	t.Cleanup(srv.Close)
	e.url = srv.URL
	return e
}

// await returns the pushes once there are n.
func (e *pubsubEndpoint) await(t *testing.T, n int) (seen []pubsubPush) {
	t.Helper()
	require.Eventually(t, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		seen = slices.Clone(e.seen)
		return len(seen) >= n
	}, 20*time.Second, 10*time.Millisecond, "pushes: %d of %d", len(seen), n)
	return seen
}

func (e *pubsubEndpoint) to(s *pubsubpb.Subscription) {
	s.PushConfig = &pubsubpb.PushConfig{PushEndpoint: e.url}
}
