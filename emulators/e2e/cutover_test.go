package e2e_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lastmile/emulators/pubsub"
	"lastmile/shared/cutover"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
)

// adder is a path that adds by to its shop's amount for each event, and notes
// which path it was.
func adder(p *plant, spec function.Spec, by func(counted) int) *handlers {
	h := &handlers{spec: spec}
	h.counted = func(ctx context.Context, e counted) error {
		return p.db.Commit(ctx,
			docs.Once(spec.Name, e.ID),
			docs.In[amount](p.db, "amounts").Merge(e.Shop, map[string]any{"n": firestore.Increment(by(e))}),
		)
	}
	return h
}

// A live system moves to a new handler, one shop first, and back again, while
// events come, some twice and none in order.
func TestACutOverWhileEventsCome(t *testing.T) {
	p := newPlant(t)
	p.PubSub.Deliveries.Set(pubsub.Trouble{Seed: 3, Duplicate: 0.1, Reorder: 0.3, DropAck: 0.05})
	one := func(counted) int { return 1 }
	var wrong atomic.Bool
	wrong.Store(true)
	next := func(e counted) int {
		if wrong.Load() && e.N%10 == 0 {
			return 2
		}
		return 1
	}
	p.deploy(t, adder(p, function.Spec{Name: "adder", ShadowedBy: "adder2"}, one))
	p.deploy(t, adder(p, function.Spec{Name: "adder2", ShadowOf: "adder"}, next))
	cutovers := cutover.NewStore(p.db, nil)
	count := func(o cutover.Outcome) int {
		n, err := cutovers.Count(t.Context(), "adder", o)
		require.NoError(t, err)
		return n
	}

	const first = 200
	publishRange(t, p, 0, first)
	p.settle(t)
	require.Equal(t, first, p.sum(t, "amounts"), "the new path wrote nothing")
	require.Equal(t, first/10, count(cutover.Differs), "every event that the new path gets wrong is found")
	require.Equal(t, first-first/10, count(cutover.Same))

	wrong.Store(false)
	total := first + flipDuringTraffic(t, p, cutovers, first)
	p.settle(t)
	require.Equal(t, total, p.sum(t, "amounts"), "no event was lost or counted twice")
	require.Equal(t, first/10, count(cutover.Differs), "the mended path does the same")
	require.Equal(t, total-first/10, count(cutover.Same), "every event was compared, whichever path was live")
	require.NotZero(t, livePath(t, p, cutover.New), "the new path was live for a while")
}

// flipDuringTraffic flips a shop, then flips it back, while events come, and
// returns how many came.
func flipDuringTraffic(t *testing.T, p *plant, cutovers *cutover.Store, from int) int {
	t.Helper()
	var n atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var traffic errgroup.Group
	traffic.Go(func() error {
		for ctx.Err() == nil {
			if err := p.bus.Publish(t.Context(), numbered(from+int(n.Load()))); err != nil {
				return err
			}
			n.Add(1)
		}
		return nil
	})
	for _, to := range []cutover.Path{cutover.New, cutover.Old} {
		at, err := cutovers.Flip(t.Context(), "adder", "shop1", to, "test")
		require.NoError(t, err)
		require.Eventually(t, func() bool { return time.Since(at) > 200*time.Millisecond }, 10*time.Second, 20*time.Millisecond)
	}
	stop()
	require.NoError(t, traffic.Wait())
	return int(n.Load())
}

func numbered(n int) *counted {
	return &counted{Header: event.Header{ID: event.DeriveID("numbered", fmt.Sprint(n))}, N: n, Shop: fmt.Sprint("shop", n%3)}
}

func publishRange(t *testing.T, p *plant, from, to int) {
	t.Helper()
	var all []event.Event
	for n := from; n < to; n++ {
		all = append(all, numbered(n))
	}
	require.NoError(t, p.bus.Publish(t.Context(), all...))
}

// livePath returns how many events a path was live for.
func livePath(t *testing.T, p *plant, path cutover.Path) int {
	t.Helper()
	n, err := docs.In[cutover.Comparison](p.db, "shadows").Where("path", "==", path).Count(t.Context())
	require.NoError(t, err)
	return n
}
