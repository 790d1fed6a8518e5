package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/shared/bus"
	"lastmile/shared/event"
)

// witness keeps every event that is published of some types, so that what the
// platform keeps can be compared with a replay of them. An event counts once.
type witness struct {
	mu      sync.Mutex
	facts   map[event.ID]event.CourierFact  // guarded by mu
	changes map[event.ID]event.OrderChanged // guarded by mu
	notices map[event.ID]event.ClientNotice // guarded by mu
}

// watch subscribes to a platform's events until the test ends.
func watch(t *testing.T, f *fleet) *witness {
	t.Helper()
	w := &witness{facts: map[event.ID]event.CourierFact{}, changes: map[event.ID]event.OrderChanged{}, notices: map[event.ID]event.ClientNotice{}}
	c, err := pubsub.NewClient(t.Context(), f.Config.Project, option.WithEndpoint(f.events.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	subscribe(t, c, f.Config.Project, &w.mu, w.facts)
	subscribe(t, c, f.Config.Project, &w.mu, w.changes)
	subscribe(t, c, f.Config.Project, &w.mu, w.notices)
	return w
}

// subscribe keeps all events of a type.
func subscribe[E any, P interface {
	*E
	event.Event
}](t *testing.T, c *pubsub.Client, project string, mu *sync.Mutex, seen map[event.ID]E) {
	t.Helper()
	topic := string(P(new(E)).Type())
	name := "projects/" + project + "/subscriptions/witness-" + topic
	_, err := c.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: name, Topic: "projects/" + project + "/topics/" + topic, AckDeadlineSeconds: 600,
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	var receiving sync.WaitGroup
	receiving.Go(func() {
		_ = c.Subscriber(name).Receive(ctx, func(_ context.Context, m *pubsub.Message) {
			push := bus.Push{Data: m.Data, Attributes: m.Attributes}
			if e := P(new(E)); push.Decode(e) == nil {
				mu.Lock()
				seen[e.Head().ID] = *e
				mu.Unlock()
			}
			m.Ack()
		})
	})
	t.Cleanup(func() { stop(); receiving.Wait() })
}

// told are the versions of an order that were announced to clients.
func (w *witness) told(order string) map[int]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	versions := map[int]bool{}
	for _, n := range w.notices {
		var news struct{ Version int }
		if n.Subject == "order:"+order && json.Unmarshal(n.Data, &news) == nil {
			versions[news.Version] = true
		}
	}
	return versions
}

// changesOf are the changes of an order by version.
func (w *witness) changesOf(order string) map[int]event.OrderChanged {
	w.mu.Lock()
	defer w.mu.Unlock()
	changes := map[int]event.OrderChanged{}
	for _, c := range w.changes {
		if c.Order == order {
			changes[c.Version] = c
		}
	}
	return changes
}

// factsOf are the facts about each courier.
func (w *witness) factsOf() map[string][]event.CourierFact {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := map[string][]event.CourierFact{}
	for _, f := range w.facts {
		by[f.Courier] = append(by[f.Courier], f)
	}
	return by
}

// scout is somebody who rides through all of it, with a bad phone: it reports
// late, twice and out of turn, and knows what the last of its fixes was that the
// platform took.
type scout struct {
	id   string
	seq  int64
	last time.Time // of the newest fix that was taken
}

// scouts ride until they are called back; then the last fix of each is taken.
func (f *fleet) scouts(t *testing.T, n int) (back func() []*scout) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var riding sync.WaitGroup
	all := make([]*scout, n)
	for i := range all {
		all[i] = &scout{id: fmt.Sprint("scout-", i)}
		riding.Go(func() { f.ride(ctx, all[i]) })
	}
	return func() []*scout {
		stop()
		riding.Wait()
		for _, s := range all {
			f.until(t, "the last fix of "+s.id+" is taken", func() bool { return f.report(t.Context(), s, s.fix(time.Now())) })
		}
		return all
	}
}

func (f *fleet) ride(ctx context.Context, s *scout) {
	rng := rand.New(rand.NewPCG(1, uint64(len(s.id))))
	var late []object
	for ctx.Err() == nil {
		now := s.fix(time.Now())
		switch rng.IntN(4) {
		case 0:
			late = append(late, now)
			continue
		case 1:
			f.report(ctx, s, now)
		}
		f.report(ctx, s, append(late, now)...)
		late = late[:0]
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *scout) fix(at time.Time) object {
	s.seq++
	return object{"at": at.UTC(), "seq": s.seq, "lat": 35.9, "lng": 14.5 + float64(s.seq%100)*1e-7}
}

// report says where a scout was, and whether that was taken.
func (f *fleet) report(ctx context.Context, s *scout, fixes ...object) bool {
	err := f.Call(ctx, http.MethodPost, "/v1/couriers/"+s.id+"/locations", object{"fixes": fixes}, nil)
	if at := fixes[len(fixes)-1]["at"].(time.Time); err == nil && at.After(s.last) {
		s.last = at
	}
	return err == nil
}
