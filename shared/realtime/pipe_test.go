package realtime_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

// stuck is a Redis that answers nothing until it is opened. It counts round trips.
type stuck struct {
	open  chan struct{}
	trips atomic.Int32
}

func (s *stuck) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *stuck) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		s.trips.Add(1)
		<-s.open
		return next(ctx, cmd)
	}
}

func (s *stuck) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		s.trips.Add(1)
		<-s.open
		return next(ctx, cmds)
	}
}

// publishMany publishes from many at once, one event to each of their clients.
func publishMany(ctx context.Context, p *realtime.Publisher, kind, name string, n int) (wait func() []error) {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			_, errs[i] = p.Publish(ctx, realtime.Client(name, fmt.Sprint(i)), realtime.Event{Kind: kind, Data: i})
		})
	}
	return func() []error {
		group.Wait()
		return errs
	}
}

func TestManyWhoPublishAtOnceShareRoundTrips(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		var came atomic.Int32
		w.opts.Now = func() time.Time {
			came.Add(1)
			return w.clock()
		}
		p := w.publisher()
		s := &stuck{open: make(chan struct{})}
		w.redis.AddHook(s)
		under := publishMany(t.Context(), p, "note", "courier", 3)
		eventually(t, "three are under way", func() bool { return s.trips.Load() == 3 })

		short, giveUp := context.WithCancel(t.Context())
		gone := publishMany(short, p, "note", "shop", 10)
		giveUp()
		for _, err := range gone() {
			require.ErrorIs(t, err, realtime.ErrUnavailable)
			require.ErrorIs(t, err, context.Canceled, "whoever waits does not wait longer than it likes")
		}
		many := publishMany(t.Context(), p, "note", "customer", 60)
		latest := publishMany(t.Context(), p, "courier.moved", "operator", 60)
		eventually(t, "all have come", func() bool { return came.Load() == 3+10+60+60 })
		close(s.open)
		for _, err := range slices.Concat(under(), many(), latest()) {
			require.NoError(t, err)
		}
		require.Less(t, s.trips.Load(), int32(60), "and not one for each")
		for client, next := range map[string]uint64{"courier:0": 2, "customer:0": 2, "customer:59": 2, "shop:0": 1, "shop:9": 1} {
			to, err := realtime.ParseClient(client)
			require.NoError(t, err)
			require.Equal(t, next, publish(t, p, to, "note", "next").Number, "%s: what was given up has not counted, all else once", client)
		}
	})
}
