// Package bus moves events over Pub/Sub.
//
// It owns their wire form: the payload as JSON, everything else as CloudEvents
// attributes (the CloudEvents binding for Pub/Sub, prefix "ce-"), so that a
// publisher in any language can join. [Bus.Publish] returns when Pub/Sub has
// stored every event; [DecodePush] reads what Pub/Sub pushes, and also
// CloudEvents over HTTP, binary and structured.
//
// Delivery is at least once, and unordered. A repeat carries the same event id.
package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/shared/event"
	"lastmile/shared/logs"
	"lastmile/shared/shadow"
)

// Options says where Pub/Sub is.
type Options struct {
	Project string

	// EmulatorHost is the address of an emulator, as in PUBSUB_EMULATOR_HOST;
	// empty for Google's own service.
	EmulatorHost string

	// Topics are those that may be published to; nil is any.
	Topics []string
}

// ErrUndeclared is returned for a message to a topic that may not be published to:
// in the cloud the service would have no right to it.
var ErrUndeclared = errors.New("undeclared topic")

// publishTimeout bounds a publish with all its retries. A caller's own deadline,
// if sooner, ends its wait.
const publishTimeout = 30 * time.Second

// Bus publishes events. It is safe for concurrent use.
type Bus struct {
	client  *pubsub.Client
	allowed []string // nil is any

	mu     sync.Mutex
	topics map[string]*pubsub.Publisher // guarded by mu
}

// Open connects to Pub/Sub.
func Open(ctx context.Context, o Options) (*Bus, error) {
	var opts []option.ClientOption
	if o.EmulatorHost != "" {
		opts = append(opts,
			option.WithEndpoint(o.EmulatorHost),
			option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		)
	}
	client, err := pubsub.NewClient(ctx, o.Project, opts...)
	if err != nil {
		return nil, fmt.Errorf("open pub/sub: %w", err)
	}
	return &Bus{client: client, allowed: o.Topics, topics: make(map[string]*pubsub.Publisher)}, nil
}

// Publish stores events, in no particular order, and returns when all are
// stored. After an error some may be; publishing the same events again is
// harmless, as their ids are kept.
func (b *Bus) Publish(ctx context.Context, events ...event.Event) error {
	messages := make([]Message, len(events))
	for i, e := range events {
		m, err := Encode(ctx, e)
		if err != nil {
			return err
		}
		messages[i] = m
	}
	return b.Send(ctx, messages...)
}

// Send is [Bus.Publish] for messages already encoded.
func (b *Bus) Send(ctx context.Context, messages ...Message) error {
	if h := shadow.Of(ctx); h != nil {
		effects := make(shadow.Effects)
		for _, m := range messages {
			m.AddTo(effects)
		}
		h.Note(effects)
	}
	if shadow.Dry(ctx) {
		return nil
	}
	for _, m := range messages {
		if b.allowed != nil && !slices.Contains(b.allowed, m.Topic) {
			return fmt.Errorf("%w: name the event of %q in the function's Spec.Publishes", ErrUndeclared, m.Topic)
		}
	}
	start := time.Now()
	defer func() { logs.Called(ctx, "pubsub.Publish", time.Since(start)) }()
	results := make([]*pubsub.PublishResult, len(messages))
	for i, m := range messages {
		results[i] = b.topic(m.Topic).Publish(ctx, &pubsub.Message{Data: m.Data, Attributes: m.Attributes})
	}
	var errs []error
	for i, r := range results {
		if _, err := r.Get(ctx); err != nil {
			errs = append(errs, fmt.Errorf("publish %s: %w", messages[i].Topic, err))
		}
	}
	if len(errs) > 3 {
		errs = append(errs[:3], fmt.Errorf("and %d more", len(errs)-3))
	}
	return errors.Join(errs...)
}

// Close sends what is buffered and disconnects.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.topics {
		t.Stop()
	}
	return b.client.Close()
}

// topic returns the publisher of a topic: one for the life of the bus, since
// each batches for itself.
func (b *Bus) topic(id string) *pubsub.Publisher {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[id]
	if t == nil {
		t = b.client.Publisher(id)
		t.PublishSettings.DelayThreshold = 2 * time.Millisecond
		t.PublishSettings.Timeout = publishTimeout
		t.PublishSettings.FlowControlSettings = pubsub.FlowControlSettings{
			MaxOutstandingMessages: 10_000,
			MaxOutstandingBytes:    64 << 20,
			LimitExceededBehavior:  pubsub.FlowControlBlock,
		}
		b.topics[id] = t
	}
	return t
}
