package pubsub

import (
	"context"
	"math"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"lastmile/emulators/pubsub/queue"
)

const (
	pullWait  = 90 * time.Second // how long a Pull waits for the first message
	maxBatch  = 1000             // messages in one answer
	maxAnswer = 10 << 20         // bytes in one answer, the last message may exceed it
)

// Pull is an RPC.
func (r *subscriber) Pull(ctx context.Context, in *pubsubpb.PullRequest) (*pubsubpb.PullResponse, error) {
	sub, err := r.find(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	n := int(in.GetMaxMessages())
	if n < 1 {
		return nil, invalid("Invalid max_messages (%d). It must be at least 1.", n)
	}
	ctx, cancel := context.WithTimeout(ctx, pullWait)
	defer cancel()
	wait := ctx.Done()
	//lint:ignore SA1019 clients still send it
	if in.GetReturnImmediately() {
		now := make(chan struct{})
		close(now)
		wait = now
	}
	budget := &queue.Budget{Messages: min(n, maxBatch), Bytes: maxAnswer}
	got, err := sub.pull(wait, budget, 0)
	return &pubsubpb.PullResponse{ReceivedMessages: got}, err
}

// pull leases what is ready, waiting for the first message until stop is closed.
// A deadline of zero is that of the subscription.
func (s *subscription) pull(stop <-chan struct{}, b *queue.Budget, deadline time.Duration) ([]*pubsubpb.ReceivedMessage, error) {
	for {
		got, wake, err := s.take(b, deadline)
		if err != nil || len(got) > 0 {
			return got, err
		}
		select {
		case <-wake:
		case <-stop:
			return nil, nil
		}
	}
}

// take leases what is ready, or returns a channel that is closed when something is.
func (s *subscription) take(b *queue.Budget, deadline time.Duration) (got []*pubsubpb.ReceivedMessage, wake <-chan struct{}, err error) {
	s.do(func(q *queue.Queue, now time.Time) {
		if err = s.gone; err != nil {
			return
		}
		if deadline == 0 {
			deadline = s.settings.lease
		}
		for _, d := range q.Take(nil, maxBatch, b, now.Add(deadline)) {
			s.counts.Delivered++
			got = append(got, s.received(d))
		}
		if len(got) == 0 {
			wake = s.waker()
		}
	})
	return got, wake, err
}

func (s *subscription) waker() <-chan struct{} {
	if s.wake == nil {
		s.wake = make(chan struct{})
	}
	return s.wake
}

func (s *subscription) received(d queue.Delivery) *pubsubpb.ReceivedMessage {
	m := &pubsubpb.ReceivedMessage{AckId: s.ackID(d.Lease), Message: d.Message.Body()}
	if s.settings.policy.MaxAttempts > 0 {
		m.DeliveryAttempt = int32(min(d.Attempt, math.MaxInt32))
	}
	return m
}

// Acknowledge is an RPC.
func (r *subscriber) Acknowledge(_ context.Context, in *pubsubpb.AcknowledgeRequest) (*emptypb.Empty, error) {
	sub, err := r.find(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	if len(in.GetAckIds()) == 0 {
		return nil, invalid("No ack ids specified.")
	}
	return &emptypb.Empty{}, sub.confirm(sub.acknowledge(in.GetAckIds()))
}

// ModifyAckDeadline is an RPC.
func (r *subscriber) ModifyAckDeadline(_ context.Context, in *pubsubpb.ModifyAckDeadlineRequest) (*emptypb.Empty, error) {
	sub, err := r.find(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	if s := in.GetAckDeadlineSeconds(); s < 0 || s > 600 {
		return nil, invalid("Invalid ack deadline given (ack_deadline_seconds=%d). It must be between 0 and 600 seconds.", s)
	}
	if len(in.GetAckIds()) == 0 {
		return nil, invalid("No ack ids specified.")
	}
	o := sub.modify(in.GetAckIds(), func(int) int32 { return in.GetAckDeadlineSeconds() })
	return &emptypb.Empty{}, sub.confirm(o)
}

// confirm tells a subscriber with exactly-once delivery which ack ids were of no
// use; to others a late acknowledgement is no error.
func (s *subscription) confirm(o outcome) error {
	if len(o.gone)+len(o.unordered) == 0 || !s.proto().GetEnableExactlyOnceDelivery() {
		return nil
	}
	info := &errdetails.ErrorInfo{Reason: "EXACTLY_ONCE_ACKID_FAILURE", Domain: "pubsub.googleapis.com", Metadata: map[string]string{}}
	for _, id := range o.gone {
		info.Metadata[id] = "PERMANENT_FAILURE_INVALID_ACK_ID"
	}
	for _, id := range o.unordered {
		info.Metadata[id] = "TRANSIENT_FAILURE_UNORDERED_ACK_ID"
	}
	st, err := status.New(codes.InvalidArgument, "Some acknowledgement ids in the request were invalid or out of order. This could be because the acknowledgement ids have expired or the acknowledgement ids were malformed.").WithDetails(info)
	if err != nil {
		return err
	}
	return st.Err()
}
