package pubsub

import (
	"context"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// subscriber is the google.pubsub.v1.Subscriber service.
type subscriber struct {
	pubsubpb.UnimplementedSubscriberServer
	srv *Server
}

// CreateSubscription is an RPC.
func (r *subscriber) CreateSubscription(_ context.Context, in *pubsubpb.Subscription) (*pubsubpb.Subscription, error) {
	if err := checkName("subscriptions", in.GetName()); err != nil {
		return nil, err
	}
	if err := checkName("topics", in.GetTopic()); err != nil {
		return nil, err
	}
	pb := complete(in)
	set, err := settingsOf(pb)
	if err != nil {
		return nil, err
	}
	return r.srv.create(pb, set)
}

func (s *Server) create(pb *pubsubpb.Subscription, set settings) (*pubsubpb.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.state.topics[pb.GetTopic()]
	switch {
	case s.state.subs[pb.GetName()] != nil:
		return nil, exists(pb.GetName())
	case t == nil:
		return nil, notFound(pb.GetTopic())
	case set.deadTopic != "" && s.state.topics[set.deadTopic] == nil:
		return nil, notFound(set.deadTopic)
	}
	sub := newSubscription(s, pb, t, set)
	if err := t.attach(sub); err != nil {
		return nil, err
	}
	s.state.subs[pb.GetName()] = sub
	return pb, s.ledger.flush()
}

// GetSubscription is an RPC.
func (r *subscriber) GetSubscription(_ context.Context, in *pubsubpb.GetSubscriptionRequest) (*pubsubpb.Subscription, error) {
	sub, err := r.find(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	return sub.proto(), nil
}

// find is the subscription of that name.
func (r *subscriber) find(name string) (*subscription, error) {
	if err := checkName("subscriptions", name); err != nil {
		return nil, err
	}
	return r.srv.subscription(name)
}

// ListSubscriptions is an RPC.
func (r *subscriber) ListSubscriptions(_ context.Context, in *pubsubpb.ListSubscriptionsRequest) (*pubsubpb.ListSubscriptionsResponse, error) {
	r.srv.mu.RLock()
	defer r.srv.mu.RUnlock()
	subs, next, err := page(r.srv.state.subs, in.GetProject(), in.GetPageSize(), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pubsubpb.ListSubscriptionsResponse{NextPageToken: next}
	for _, sub := range subs {
		out.Subscriptions = append(out.Subscriptions, sub.proto())
	}
	return out, nil
}

// DeleteSubscription is an RPC.
func (r *subscriber) DeleteSubscription(_ context.Context, in *pubsubpb.DeleteSubscriptionRequest) (*emptypb.Empty, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	sub := r.srv.state.subs[in.GetSubscription()]
	if sub == nil {
		return nil, notFound(in.GetSubscription())
	}
	delete(r.srv.state.subs, sub.name)
	sub.leaveTopic()
	sub.end(notFound(sub.name))
	sub.discard()
	r.srv.ledger.gone(recSubGone, sub.name)
	return &emptypb.Empty{}, r.srv.ledger.flush()
}

// UpdateSubscription is an RPC.
func (r *subscriber) UpdateSubscription(_ context.Context, in *pubsubpb.UpdateSubscriptionRequest) (*pubsubpb.Subscription, error) {
	sub, err := r.find(in.GetSubscription().GetName())
	if err != nil {
		return nil, err
	}
	if dead := in.GetSubscription().GetDeadLetterPolicy().GetDeadLetterTopic(); dead != "" {
		if _, err := r.srv.topic(dead); err != nil {
			return nil, err
		}
	}
	pb, err := sub.update(in.GetSubscription(), in.GetUpdateMask().GetPaths())
	if err != nil {
		return nil, err
	}
	return pb, r.srv.ledger.flush()
}

// ModifyPushConfig is an RPC.
func (r *subscriber) ModifyPushConfig(_ context.Context, in *pubsubpb.ModifyPushConfigRequest) (*emptypb.Empty, error) {
	sub, err := r.find(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	_, err = sub.update(&pubsubpb.Subscription{PushConfig: in.GetPushConfig()}, []string{"push_config"})
	return &emptypb.Empty{}, err
}

// subscriptionFields can be changed; the value says so, false that they exist and cannot.
var subscriptionFields = map[string]bool{
	"ack_deadline_seconds": true, "push_config": true, "retain_acked_messages": true,
	"message_retention_duration": true, "labels": true, "expiration_policy": true, "dead_letter_policy": true,
	"retry_policy": true, "enable_exactly_once_delivery": true, "bigquery_config": true, "cloud_storage_config": true,
	"message_transforms": true,
	"name":               false, "topic": false, "filter": false, "enable_message_ordering": false, "detached": false, "state": false,
}

// changed is a copy of old with the fields that the paths name taken from in.
func changed(old, in *pubsubpb.Subscription, paths []string) (*pubsubpb.Subscription, error) {
	if len(paths) == 0 {
		return nil, invalid("The update_mask in the UpdateSubscriptionRequest must be set, and must contain a non-empty paths list.")
	}
	pb := proto.CloneOf(old)
	for _, path := range paths {
		can, known := subscriptionFields[path]
		if !known {
			return nil, invalid("Invalid update_mask provided in the UpdateSubscriptionRequest: '%s' is not a known Subscription field. Note that field paths must be of the form 'push_config' rather than 'pushConfig'.", path)
		}
		if !can {
			return nil, invalid("Invalid update_mask provided in the UpdateSubscriptionRequest: the '%s' field in the Subscription is not mutable.", path)
		}
		copyField(pb.ProtoReflect(), in.ProtoReflect(), path)
	}
	return complete(pb), nil
}
