package pubsub

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"lastmile/emulators/pubsub/queue"
)

// pullStream is one StreamingPull: the goroutine of the call reads requests, one
// more sends. What the stream has leased is charged to its budget, however it
// is settled.
type pullStream struct {
	sub      *subscription
	grpc     pubsubpb.Subscriber_StreamingPullServer
	budget   *queue.Budget // guarded by the lock of the subscription
	deadline time.Duration // owned by the sender after the start
	changes  chan change
}

// change is what a later request of the stream asks of the sender.
type change struct {
	deadline time.Duration
	answer   *pubsubpb.StreamingPullResponse
}

// StreamingPull is an RPC.
func (r *subscriber) StreamingPull(g pubsubpb.Subscriber_StreamingPullServer) error {
	first, err := g.Recv()
	if err != nil {
		return err
	}
	sub, err := r.find(first.GetSubscription())
	if err != nil {
		return err
	}
	st, err := newPullStream(sub, g, first)
	if err != nil {
		return err
	}
	return st.run(first)
}

func newPullStream(sub *subscription, g pubsubpb.Subscriber_StreamingPullServer, first *pubsubpb.StreamingPullRequest) (*pullStream, error) {
	if s := first.GetStreamAckDeadlineSeconds(); s < 10 || s > 600 {
		return nil, invalid("Invalid stream_ack_deadline_seconds (%d). It must be between 10 and 600 seconds.", s)
	}
	limit := func(n int64) int {
		if n <= 0 {
			return math.MaxInt
		}
		return int(n)
	}
	return &pullStream{
		sub: sub, grpc: g, changes: make(chan change),
		deadline: time.Duration(first.GetStreamAckDeadlineSeconds()) * time.Second,
		budget:   &queue.Budget{Messages: limit(first.GetMaxOutstandingMessages()), Bytes: limit(first.GetMaxOutstandingBytes())},
	}, nil
}

// run serves the stream until the client closes it or the subscription ends.
func (st *pullStream) run(first *pubsubpb.StreamingPullRequest) error {
	ctx, cancel := context.WithCancel(st.grpc.Context())
	defer cancel()
	read := make(chan error, 1)
	if !st.sub.srv.work.Go(func() { read <- st.read(ctx, first) }) {
		return errStopped
	}
	err := st.send(ctx, read)
	cancel()
	return err
}

// read handles requests until the client closes its side; nil says that it did.
func (st *pullStream) read(ctx context.Context, in *pubsubpb.StreamingPullRequest) error {
	for {
		c, err := st.handle(in)
		if err != nil {
			return err
		}
		if c != (change{}) {
			select {
			case st.changes <- c:
			case <-ctx.Done():
				return nil
			}
		}
		in, err = st.grpc.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// handle settles what one request names.
func (st *pullStream) handle(in *pubsubpb.StreamingPullRequest) (change, error) {
	seconds := in.GetModifyDeadlineSeconds()
	if len(seconds) != len(in.GetModifyDeadlineAckIds()) {
		return change{}, invalid("modify_deadline_seconds and modify_deadline_ack_ids must have the same length (%d and %d).", len(seconds), len(in.GetModifyDeadlineAckIds()))
	}
	answer := &pubsubpb.StreamingPullResponse{}
	if ids := in.GetAckIds(); len(ids) > 0 {
		o := st.sub.acknowledge(ids)
		answer.AcknowledgeConfirmation = &pubsubpb.StreamingPullResponse_AcknowledgeConfirmation{AckIds: o.ok, InvalidAckIds: o.gone, UnorderedAckIds: o.unordered}
	}
	if ids := in.GetModifyDeadlineAckIds(); len(ids) > 0 {
		o := st.sub.modify(ids, func(i int) int32 { return seconds[i] })
		answer.ModifyAckDeadlineConfirmation = &pubsubpb.StreamingPullResponse_ModifyAckDeadlineConfirmation{AckIds: o.ok, InvalidAckIds: o.gone}
	}
	c := change{deadline: time.Duration(in.GetStreamAckDeadlineSeconds()) * time.Second}
	if settled := len(in.GetAckIds()) + len(seconds); settled > 0 && st.sub.proto().GetEnableExactlyOnceDelivery() {
		c.answer = answer
	}
	return c, nil
}

// send leases messages as the budget allows and sends them.
func (st *pullStream) send(ctx context.Context, read <-chan error) error {
	for {
		got, wake, err := st.sub.take(st.budget, st.deadline)
		if err != nil {
			return err
		}
		if len(got) > 0 {
			if err := st.answer(&pubsubpb.StreamingPullResponse{ReceivedMessages: got}); err != nil {
				return err
			}
			continue
		}
		select {
		case <-wake:
		case c := <-st.changes:
			if c.deadline > 0 {
				st.deadline = c.deadline
			}
			if c.answer != nil {
				err = st.answer(c.answer)
			}
		case err := <-read:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// answer sends r with the properties of the subscription, which clients act on.
func (st *pullStream) answer(r *pubsubpb.StreamingPullResponse) error {
	pb := st.sub.proto()
	r.SubscriptionProperties = &pubsubpb.StreamingPullResponse_SubscriptionProperties{
		ExactlyOnceDeliveryEnabled: pb.GetEnableExactlyOnceDelivery(),
		MessageOrderingEnabled:     pb.GetEnableMessageOrdering(),
	}
	return st.grpc.Send(r)
}
