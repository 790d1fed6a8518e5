package conformance_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// client is the official high-level client, which pulls by stream.
func (p *pubsubProject) client(t *testing.T) *pubsub.Client {
	conn, err := grpc.NewClient(p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	c, err := pubsub.NewClient(t.Context(), p.id, option.WithGRPCConn(conn))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// pubsubReceive receives until all said enough, and returns what came by ordering key.
func pubsubReceive(t *testing.T, s *pubsub.Subscriber, enough func(all map[string][]string) bool, settle func(context.Context, *pubsub.Message)) map[string][]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var mu sync.Mutex
	got := map[string][]string{}
	err := s.Receive(ctx, func(ctx context.Context, m *pubsub.Message) {
		mu.Lock()
		got[m.OrderingKey] = append(got[m.OrderingKey], string(m.Data))
		done := enough(got)
		mu.Unlock()
		settle(ctx, m)
		if done {
			cancel()
		}
	})
	require.NoError(t, err)
	return got
}

func pubsubAck(_ context.Context, m *pubsub.Message) { m.Ack() }

func pubsubCount(n int) func(map[string][]string) bool {
	return func(all map[string][]string) bool {
		sum := 0
		for _, texts := range all {
			sum += len(texts)
		}
		return sum >= n
	}
}

var pubsubClientCases = []pubsubCase{
	{name: "the client publishes and receives a thousand messages by stream", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		c := p.client(t)
		var results []*pubsub.PublishResult
		pub := c.Publisher(topic)
		defer pub.Stop()
		var want []string
		for i := range 1000 {
			want = append(want, fmt.Sprint(i))
			results = append(results, pub.Publish(t.Context(), &pubsub.Message{Data: []byte(want[i])}))
		}
		for _, r := range results {
			_, err := r.Get(t.Context())
			require.NoError(t, err)
		}
		got := pubsubReceive(t, c.Subscriber(sub), pubsubCount(1000), pubsubAck)[""]
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, want, slices.Compact(got))
	}},
	{name: "a stream holds no more than its flow control allows", differs: "Google's emulator ignores the limits of a stream", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		for range 5 {
			p.publish(t, topic, pubsubText("x"))
		}
		stream, err := p.subs.StreamingPull(t.Context())
		require.NoError(t, err)
		require.NoError(t, stream.Send(&pubsubpb.StreamingPullRequest{Subscription: sub, StreamAckDeadlineSeconds: 10, MaxOutstandingMessages: 2}))
		var held []*pubsubpb.ReceivedMessage
		for len(held) < 2 {
			r, err := stream.Recv()
			require.NoError(t, err)
			held = append(held, r.GetReceivedMessages()...)
		}
		require.Len(t, held, 2)
		require.Len(t, p.pull(t, sub, 3), 3)
		require.NoError(t, stream.CloseSend())
	}},
	{name: "a stream keeps the order of every key", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOrdered)
		var want []string
		for i := range 50 {
			want = append(want, fmt.Sprintf("%02d", i))
			p.publish(t, topic, pubsubKeyed("a", want[i]), pubsubKeyed("b", want[i]))
		}
		got := pubsubReceive(t, p.client(t).Subscriber(sub), pubsubCount(100), pubsubAck)
		for _, key := range []string{"a", "b"} {
			require.Equal(t, want, slices.Compact(got[key]), key)
		}
	}},
	{name: "a message that the client gives back is received again", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubText("x"))
		n := 0
		got := pubsubReceive(t, p.client(t).Subscriber(sub), pubsubCount(2), func(_ context.Context, m *pubsub.Message) {
			if n++; n == 1 {
				m.Nack()
				return
			}
			m.Ack()
		})
		require.Equal(t, []string{"x", "x"}, got[""])
	}},
	{name: "with exactly-once delivery the client gets a confirmation of every acknowledgement", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOnce)
		for i := range 20 {
			p.publish(t, topic, pubsubText(fmt.Sprint(i)))
		}
		var mu sync.Mutex
		confirmed := 0
		got := pubsubReceive(t, p.client(t).Subscriber(sub), pubsubCount(20), func(_ context.Context, m *pubsub.Message) {
			status, err := m.AckWithResult().Get(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if err == nil && status == pubsub.AcknowledgeStatusSuccess {
				confirmed++
			}
		})
		require.Len(t, got[""], 20)
		require.Equal(t, 20, confirmed)
	}},
}
