package pubsub

import (
	"context"
	"strings"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Limits of a publish request, as Google documents them.
const (
	maxMessages       = 1000
	maxMessageBytes   = 10 << 20
	maxAttributes     = 100
	maxAttributeKey   = 256
	maxAttributeValue = 1024
	maxOrderingKey    = 1024
)

// publisher is the google.pubsub.v1.Publisher service.
type publisher struct {
	pubsubpb.UnimplementedPublisherServer
	srv *Server
}

// CreateTopic is an RPC.
func (p *publisher) CreateTopic(_ context.Context, in *pubsubpb.Topic) (*pubsubpb.Topic, error) {
	if err := checkTopic(in); err != nil {
		return nil, err
	}
	pb := proto.CloneOf(in)
	pb.State = pubsubpb.Topic_ACTIVE
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	if p.srv.state.topics[pb.GetName()] != nil {
		return nil, exists(pb.GetName())
	}
	p.srv.state.topics[pb.GetName()] = newTopic(p.srv, pb)
	p.srv.ledger.topic(pb)
	return pb, p.srv.ledger.flush()
}

func checkTopic(pb *pubsubpb.Topic) error {
	if err := checkName("topics", pb.GetName()); err != nil {
		return err
	}
	switch {
	case pb.GetSchemaSettings() != nil:
		return notEmulated("schema_settings")
	case pb.GetIngestionDataSourceSettings() != nil:
		return notEmulated("ingestion_data_source_settings")
	case len(pb.GetMessageTransforms()) > 0:
		return notEmulated("message_transforms")
	}
	if r := pb.GetMessageRetentionDuration(); r != nil && (r.AsDuration() < minRetention || r.AsDuration() > maxRetention) {
		return invalid("Invalid message_retention_duration (%s). It must be between 10 minutes and 31 days.", r.AsDuration())
	}
	return nil
}

// UpdateTopic is an RPC.
func (p *publisher) UpdateTopic(_ context.Context, in *pubsubpb.UpdateTopicRequest) (*pubsubpb.Topic, error) {
	t, err := p.srv.topic(in.GetTopic().GetName())
	if err != nil {
		return nil, err
	}
	return t.update(in.GetTopic(), in.GetUpdateMask().GetPaths())
}

// GetTopic is an RPC.
func (p *publisher) GetTopic(_ context.Context, in *pubsubpb.GetTopicRequest) (*pubsubpb.Topic, error) {
	if err := checkName("topics", in.GetTopic()); err != nil {
		return nil, err
	}
	t, err := p.srv.topic(in.GetTopic())
	if err != nil {
		return nil, err
	}
	return t.proto(), nil
}

// ListTopics is an RPC.
func (p *publisher) ListTopics(_ context.Context, in *pubsubpb.ListTopicsRequest) (*pubsubpb.ListTopicsResponse, error) {
	p.srv.mu.RLock()
	defer p.srv.mu.RUnlock()
	topics, next, err := page(p.srv.state.topics, in.GetProject(), in.GetPageSize(), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pubsubpb.ListTopicsResponse{NextPageToken: next}
	for _, t := range topics {
		out.Topics = append(out.Topics, t.proto())
	}
	return out, nil
}

// ListTopicSubscriptions is an RPC.
func (p *publisher) ListTopicSubscriptions(_ context.Context, in *pubsubpb.ListTopicSubscriptionsRequest) (*pubsubpb.ListTopicSubscriptionsResponse, error) {
	t, err := p.srv.topic(in.GetTopic())
	if err != nil {
		return nil, err
	}
	names, next, err := pageOf(t.subscriptionNames(), in.GetPageSize(), in.GetPageToken())
	return &pubsubpb.ListTopicSubscriptionsResponse{Subscriptions: names, NextPageToken: next}, err
}

// DeleteTopic is an RPC.
func (p *publisher) DeleteTopic(_ context.Context, in *pubsubpb.DeleteTopicRequest) (*emptypb.Empty, error) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	t := p.srv.state.topics[in.GetTopic()]
	if t == nil {
		return nil, notFound(in.GetTopic())
	}
	delete(p.srv.state.topics, in.GetTopic())
	t.end()
	return &emptypb.Empty{}, p.srv.ledger.flush()
}

// Publish is an RPC.
func (p *publisher) Publish(_ context.Context, in *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error) {
	if err := checkMessages(in.GetMessages()); err != nil {
		return nil, err
	}
	t, err := p.srv.topic(in.GetTopic())
	if err != nil {
		return nil, err
	}
	ids, err := t.publish(in.GetMessages())
	if err != nil {
		return nil, err
	}
	if err := p.srv.ledger.flush(); err != nil {
		return nil, err
	}
	return &pubsubpb.PublishResponse{MessageIds: ids}, nil
}

func checkMessages(messages []*pubsubpb.PubsubMessage) error {
	switch n := len(messages); {
	case n == 0:
		return invalid("The value for message_count is too small. You passed 0 in the request, but the minimum value is 1.")
	case n > maxMessages:
		return invalid("The value for message_count is too large. You passed %d in the request, but the maximum value is %d.", n, maxMessages)
	}
	for _, m := range messages {
		if err := checkMessage(m); err != nil {
			return err
		}
	}
	return nil
}

func checkMessage(m *pubsubpb.PubsubMessage) error {
	if len(m.GetData()) == 0 && len(m.GetAttributes()) == 0 {
		return invalid("One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.")
	}
	if n := len(m.GetData()); n > maxMessageBytes {
		return invalid("The value for message_size is too large. You passed %d in the request, but the maximum value is %d.", n, maxMessageBytes)
	}
	if n := len(m.GetOrderingKey()); n > maxOrderingKey {
		return invalid("The value for ordering_key_size is too large. You passed %d in the request, but the maximum value is %d.", n, maxOrderingKey)
	}
	if n := len(m.GetAttributes()); n > maxAttributes {
		return invalid("The value for attribute_count is too large. You passed %d in the request, but the maximum value is %d.", n, maxAttributes)
	}
	for k, v := range m.GetAttributes() {
		if k == "" || len(k) > maxAttributeKey || len(k) >= 4 && strings.EqualFold(k[:4], "goog") {
			return invalid("The request contains an attribute key that is not valid (key=%.300s). Attribute keys must be non-empty, of at most %d bytes, and must not begin with 'goog' (case-insensitive).", k, maxAttributeKey)
		}
		if len(v) > maxAttributeValue {
			return invalid("The request contains an attribute value that is too long (key=%s). You passed %d bytes, but the maximum is %d.", k, len(v), maxAttributeValue)
		}
	}
	return nil
}

// DetachSubscription is an RPC.
func (p *publisher) DetachSubscription(_ context.Context, in *pubsubpb.DetachSubscriptionRequest) (*pubsubpb.DetachSubscriptionResponse, error) {
	sub, err := p.srv.subscription(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	sub.detach()
	return &pubsubpb.DetachSubscriptionResponse{}, p.srv.ledger.flush()
}
