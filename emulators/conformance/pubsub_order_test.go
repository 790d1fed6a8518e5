package conformance_test

import (
	"errors"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/googleapis/gax-go/v2/apierror"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
)

func pubsubOrdered(s *pubsubpb.Subscription) { s.EnableMessageOrdering = true }
func pubsubOnce(s *pubsubpb.Subscription)    { s.EnableExactlyOnceDelivery = true }

var pubsubOrderCases = []pubsubCase{
	{name: "messages of one key come in the order of publication", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOrdered)
		p.publish(t, topic, pubsubKeyed("k", "1"), pubsubKeyed("k", "2"), pubsubKeyed("k", "3"))
		var got []string
		for len(got) < 3 {
			batch := p.pull(t, sub, 1)
			got = append(got, pubsubTexts(batch)...)
			p.ack(t, sub, batch)
		}
		require.Equal(t, []string{"1", "2", "3"}, got)
	}},
	{name: "one key does not hold back another", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOrdered)
		p.publish(t, topic, pubsubKeyed("a", "a1"))
		require.Equal(t, []string{"a1"}, pubsubTexts(p.pull(t, sub, 1)))
		p.publish(t, topic, pubsubKeyed("b", "b1"), pubsubText("free"))
		require.ElementsMatch(t, []string{"b1", "free"}, pubsubTexts(p.pull(t, sub, 2)))
	}},
	{name: "a message given back brings the later ones of its key again", differs: "Google's emulator brings them out of order, after the deadline", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOrdered)
		p.publish(t, topic, pubsubKeyed("k", "1"), pubsubKeyed("k", "2"), pubsubKeyed("k", "3"))
		first := p.pull(t, sub, 3)
		require.Equal(t, []string{"1", "2", "3"}, pubsubTexts(first))
		p.ack(t, sub, first[:1])
		p.deadline(t, sub, 0, first[1])
		require.Equal(t, []string{"2", "3"}, pubsubTexts(p.pull(t, sub, 2)))
	}},
	{name: "without ordering a key is only a label", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, nil)
		p.publish(t, topic, pubsubKeyed("k", "1"))
		first := p.pull(t, sub, 1)
		require.Equal(t, "k", first[0].GetMessage().GetOrderingKey())
		p.publish(t, topic, pubsubKeyed("k", "2"))
		require.Equal(t, []string{"2"}, pubsubTexts(p.pull(t, sub, 1)))
	}},
}

// pubsubFate is what the error says became of an ack id.
func pubsubFate(t *testing.T, err error, ackID string) string {
	t.Helper()
	pubsubRefused(t, err, codes.InvalidArgument)
	var api *apierror.APIError
	require.True(t, errors.As(err, &api))
	require.Equal(t, "EXACTLY_ONCE_ACKID_FAILURE", api.Reason())
	return api.Metadata()[ackID]
}

var pubsubOnceCases = []pubsubCase{
	{name: "with exactly-once delivery an acknowledgement in time succeeds", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOnce)
		p.publish(t, topic, pubsubText("x"))
		p.ack(t, sub, p.pull(t, sub, 1))
		p.nothing(t, sub)
	}},
	{name: "with exactly-once delivery a late acknowledgement is refused and the message comes again", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOnce)
		p.publish(t, topic, pubsubText("x"))
		late := p.pull(t, sub, 1)
		p.deadline(t, sub, 1, late...)
		again := p.pull(t, sub, 1)
		err := p.subs.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: sub, AckIds: pubsubAckIDs(late)})
		require.Equal(t, "PERMANENT_FAILURE_INVALID_ACK_ID", pubsubFate(t, err, late[0].GetAckId()))
		p.ack(t, sub, again)
	}},
	{name: "with exactly-once delivery a second acknowledgement is refused", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOnce)
		p.publish(t, topic, pubsubText("x"))
		got := p.pull(t, sub, 1)
		p.ack(t, sub, got)
		err := p.subs.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: sub, AckIds: pubsubAckIDs(got)})
		require.Equal(t, "PERMANENT_FAILURE_INVALID_ACK_ID", pubsubFate(t, err, got[0].GetAckId()))
	}},
	{name: "with exactly-once delivery a dead ack id cannot be extended", differs: "Google's emulator says nothing", run: func(t *testing.T, p *pubsubProject) {
		topic, sub := p.pair(t, pubsubOnce)
		p.publish(t, topic, pubsubText("x"))
		got := p.pull(t, sub, 1)
		p.deadline(t, sub, 1, got...)
		time.Sleep(1200 * time.Millisecond)
		err := p.subs.ModifyAckDeadline(t.Context(), &pubsubpb.ModifyAckDeadlineRequest{Subscription: sub, AckIds: pubsubAckIDs(got), AckDeadlineSeconds: 30})
		require.Equal(t, "PERMANENT_FAILURE_INVALID_ACK_ID", pubsubFate(t, err, got[0].GetAckId()))
	}},
}
