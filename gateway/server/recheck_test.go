package server_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
	"lastmile/shared/realtime"
)

// order is a Permissions of which there is news.
type order struct{ another atomic.Bool }

func (o *order) Changed(realtime.Audience) bool { return true }

func (o *order) MayWatch(_ context.Context, who server.Identity, _ realtime.Audience) error {
	if o.another.Load() && who.Client == bob.Client {
		return server.ErrForbidden
	}
	return nil
}

func TestWhoseOrderItIsNoLongerLeavesItsTopic(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		o := new(order)
		g, p := w.gateway(server.Options{Permissions: o}), w.publisher()
		topic := map[string]any{"topics": map[string]any{"order:12": nil}}
		courier, _ := w.enter(g, bob, topic)
		customer, _ := w.enter(g, ann, topic)
		require.NotNil(t, courier.next().Joined, "its role")
		require.NotNil(t, courier.next().Joined)
		require.NotNil(t, customer.next().Joined)

		publish(t, p, realtime.Topic("order", "12"), "note", "on its way")
		require.EqualValues(t, 1, courier.next().Number)
		o.another.Store(true)
		publish(t, p, realtime.Topic("order", "12"), "note", "another courier's")
		news := courier.next()
		if news.Left == nil { // it may come first: the news before may be asked about so late
			require.EqualValues(t, 2, news.Number)
			news = courier.next()
		}
		require.Equal(t, said{Stream: "order:12", Why: "no longer allowed"}, *news.Left)

		publish(t, p, realtime.Topic("order", "12"), "note", "delivered")
		for n := range 3 {
			require.EqualValues(t, n+1, customer.next().Number)
		}
		publish(t, p, bob.Client, "note", "its own")
		require.JSONEq(t, `"its own"`, string(courier.next().Data))
	})
}
