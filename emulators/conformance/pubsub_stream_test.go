package conformance_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
)

// pubsubStream is one StreamingPull at the level of the protocol.
type pubsubStream struct {
	pubsubpb.Subscriber_StreamingPullClient
	answers chan *pubsubpb.StreamingPullResponse
	end     chan error
}

func (p *pubsubProject) stream(t *testing.T, sub string) *pubsubStream {
	t.Helper()
	g, err := p.subs.StreamingPull(t.Context())
	require.NoError(t, err)
	s := &pubsubStream{g, make(chan *pubsubpb.StreamingPullResponse, 100), make(chan error, 1)}
	require.NoError(t, g.Send(&pubsubpb.StreamingPullRequest{Subscription: sub, StreamAckDeadlineSeconds: 10}))
	go func() {
		for {
			r, err := g.Recv()
			if err != nil {
				s.end <- err
				return
			}
			s.answers <- r
		}
	}()
	return s
}

// messages waits for the next answer with messages.
func (s *pubsubStream) messages(t *testing.T) []*pubsubpb.ReceivedMessage {
	t.Helper()
	for {
		select {
		case r := <-s.answers:
			if len(r.GetReceivedMessages()) > 0 {
				return r.GetReceivedMessages()
			}
		case err := <-s.end:
			t.Fatal("the stream ended: ", err)
		case <-time.After(20 * time.Second):
			t.Fatal("no messages")
		}
	}
}

// confirmation waits for the next answer that confirms an acknowledgement.
func (s *pubsubStream) confirmation(t *testing.T) *pubsubpb.StreamingPullResponse {
	t.Helper()
	for {
		select {
		case r := <-s.answers:
			if r.GetAcknowledgeConfirmation() != nil {
				return r
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no confirmation")
		}
	}
}

// ended waits for the end of the stream.
func (s *pubsubStream) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.end:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("the stream goes on")
		return nil
	}
}

var pubsubStreamCases = []pubsubCase{
	{name: "a stream acknowledges", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		s := p.stream(t, sub)
		p.publish(t, topic, pubsubText("x"))
		got := s.messages(t)
		require.NoError(t, s.Send(&pubsubpb.StreamingPullRequest{
			ModifyDeadlineAckIds: pubsubAckIDs(got), ModifyDeadlineSeconds: []int32{30}, AckIds: pubsubAckIDs(got),
		}))
		require.NoError(t, s.CloseSend())
		if err := s.ended(t); !errors.Is(err, io.EOF) {
			t.Logf("ended with %v", err)
		}
		p.nothing(t, sub)
	}},
	{name: "a stream gives back", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		s := p.stream(t, sub)
		p.publish(t, topic, pubsubText("x"))
		got := s.messages(t)
		require.NoError(t, s.Send(&pubsubpb.StreamingPullRequest{ModifyDeadlineAckIds: pubsubAckIDs(got), ModifyDeadlineSeconds: []int32{0}}))
		require.Equal(t, []string{"x"}, pubsubTexts(s.messages(t)))
	}},
	{name: "with exactly-once delivery a stream confirms what it settled", differs: "Google's emulator confirms nothing on a stream", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOnce)
		s := p.stream(t, sub)
		p.publish(t, topic, pubsubText("x"))
		ack := pubsubAckIDs(s.messages(t))
		require.NoError(t, s.Send(&pubsubpb.StreamingPullRequest{AckIds: append(ack, "nonsense")}))
		r := s.confirmation(t)
		require.Equal(t, ack, r.GetAcknowledgeConfirmation().GetAckIds())
		require.Equal(t, []string{"nonsense"}, r.GetAcknowledgeConfirmation().GetInvalidAckIds())
		require.True(t, r.GetSubscriptionProperties().GetExactlyOnceDeliveryEnabled())
	}},
	{name: "a stream of a subscription that is not there is not found", run: func(t *testing.T, p *pubsubProject) {
		pubsubRefused(t, p.stream(t, p.name("subscriptions", "none")).ended(t), codes.NotFound)
	}},
	{name: "a stream with a deadline outside 10 to 600 s is refused", run: func(t *testing.T, p *pubsubProject) {
		_, sub := p.pair(t, nil)
		for _, seconds := range []int32{1, 601} {
			g, err := p.subs.StreamingPull(t.Context())
			require.NoError(t, err)
			require.NoError(t, g.Send(&pubsubpb.StreamingPullRequest{Subscription: sub, StreamAckDeadlineSeconds: seconds}))
			_, err = g.Recv()
			pubsubRefused(t, err, codes.InvalidArgument)
		}
	}},
	{name: "a stream ends with its subscription", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		s := p.stream(t, sub)
		p.publish(t, topic, pubsubText("x"))
		s.messages(t)
		require.NoError(t, p.subs.DeleteSubscription(t.Context(), &pubsubpb.DeleteSubscriptionRequest{Subscription: sub}))
		pubsubRefused(t, s.ended(t), codes.NotFound)
	}},
	{name: "two streams share the messages", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		one, two := p.stream(t, sub), p.stream(t, sub)
		var want []string
		for _, text := range []string{"1", "2", "3", "4", "5", "6"} {
			p.publish(t, topic, pubsubText(text))
			want = append(want, text)
		}
		var got []string
		for len(got) < len(want) {
			select {
			case r := <-one.answers:
				got = append(got, pubsubTexts(r.GetReceivedMessages())...)
			case r := <-two.answers:
				got = append(got, pubsubTexts(r.GetReceivedMessages())...)
			case <-time.After(20 * time.Second):
				t.Fatal("only ", got)
			}
		}
		require.ElementsMatch(t, want, got)
	}},
}
