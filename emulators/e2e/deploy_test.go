package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/stack"
	"lastmile/functions/api"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/platform"
)

// counted is an event of these tests. Its effects can be counted.
type counted struct {
	event.Header `json:"-"`

	N    int    `json:"n"`
	Shop string `json:"shop"`
}

func (counted) Type() event.Type { return "test.counted.v1" }
func (e counted) Key() string    { return fmt.Sprint(e.N) }
func (e counted) Tenant() string { return e.Shop }
func (counted) Validate() error  { return nil }

// followed is what the handling of a counted event publishes.
type followed struct {
	event.Header `json:"-"`

	N int `json:"n"`
}

func (followed) Type() event.Type { return "test.followed.v1" }
func (e followed) Key() string    { return fmt.Sprint(e.N) }
func (followed) Validate() error  { return nil }

// handlers is a function made of closures.
type handlers struct {
	spec     function.Spec
	counted  func(context.Context, counted) error
	followed func(context.Context, followed) error
}

func (h *handlers) Counted(ctx context.Context, e counted) error   { return h.counted(ctx, e) }
func (h *handlers) Followed(ctx context.Context, e followed) error { return h.followed(ctx, e) }

func (h *handlers) bind() function.Spec {
	retry := function.Retry{Min: 10 * time.Millisecond, Max: 50 * time.Millisecond, Attempts: 100}
	var bounds []function.Bound[*handlers]
	if h.counted != nil {
		bounds = append(bounds, function.OnEvent((*handlers).Counted, retry))
	}
	if h.followed != nil {
		bounds = append(bounds, function.OnEvent((*handlers).Followed, retry))
	}
	h.spec.Class = function.Small
	h.spec.Binding = function.Bind(func(*platform.Opener) (*handlers, error) { return h, nil }, bounds...)
	return h.spec
}

// plant is a stack to which a test deploys functions of its own.
type plant struct {
	*shop
	admin *pubsub.Client
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{shop: open(t, stack.Options{Quiet: true, EmbeddedRedis: true})}
	var err error
	p.admin, err = pubsub.NewClient(t.Context(), p.Config.Project, option.WithEndpoint(p.PubSub.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.admin.Close()) })
	replays := api.Spec() // and publishes for that
	replays.Publishes = append(replays.Publishes, &counted{}, &followed{})
	require.NoError(t, p.StartFunction(replays))
	return p
}

// deploy serves a function and makes what its topology declares.
func (p *plant) deploy(t *testing.T, h *handlers) {
	t.Helper()
	spec := h.bind()
	require.NoError(t, p.StartFunction(spec))
	t.Cleanup(func() { require.NoError(t, p.StopFunction(spec.Name)) })
	topic := func(id string) string { return "projects/" + p.Config.Project + "/topics/" + id }
	for _, s := range function.TopologyOf([]function.Spec{spec}, function.Spec{}, nil).Functions[0].Subscriptions {
		_, err := p.admin.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topic(s.Topic)})
		if status.Code(err) != codes.AlreadyExists {
			require.NoError(t, err)
		}
		_, err = p.admin.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{
			Name: "projects/" + p.Config.Project + "/subscriptions/" + s.Name, Topic: topic(s.Topic), AckDeadlineSeconds: int32(s.AckDeadline),
			PushConfig: &pubsubpb.PushConfig{PushEndpoint: p.Config.URL(spec.Name)},
			RetryPolicy: &pubsubpb.RetryPolicy{
				MinimumBackoff: durationpb.New(10 * time.Millisecond), MaximumBackoff: durationpb.New(50 * time.Millisecond),
			},
			DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: topic(bus.DeadLetterTopic), MaxDeliveryAttempts: int32(s.Attempts)},
		})
		require.NoError(t, err)
	}
}

// settle publishes what waits in the outbox until nothing is under way.
func (p *plant) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		require.NoError(t, p.PubSub.Idle(ctx), "events are still under way")
		n, err := p.db.SweepOutbox(ctx, time.Now().Add(time.Minute), 500)
		require.NoError(t, err)
		if n == 0 {
			return
		}
	}
}

// amount is a sum in Firestore.
type amount struct {
	N int `firestore:"n"`
}

// sum adds up the documents of a collection.
func (p *plant) sum(t *testing.T, collection string) (total int) {
	t.Helper()
	found, err := docs.In[amount](p.db, collection).Query().Limit(100_000).All(t.Context())
	require.NoError(t, err)
	for _, d := range found {
		total += d.Data.N
	}
	return total
}
