package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	emulator "lastmile/emulators/redis"
	"lastmile/shared/realtime"
)

// TestRedisLosesItsMemoryAgainAndAgain does so while the instance is still busy
// with the last time, and while many publish.
func TestRedisLosesItsMemoryAgainAndAgain(t *testing.T) {
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	for _, engine := range []string{"miniredis", "redis-server"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if engines[engine] == nil {
				t.Skip("no redis-server on PATH: apt-get install redis-server")
			}
			o := emulator.Options{}
			if engine == "miniredis" {
				o.Server = emulator.Embedded
			}
			s, err := emulator.Start(o)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			w := newWorld(t, s.Addr(), false)
			require.NoError(t, w.redis.Close())
			w.redis = realtime.Connect(&redis.Options{Addr: s.Addr()})
			a := w.node()
			defer crowd(t, a.Publisher, 30)()
			for round := range rounds {
				for range 1 + rand.N(3) {
					require.NoError(t, s.Restart(false))
					time.Sleep(rand.N(60 * time.Millisecond))
				}
				a.livesAgain(t, round)
			}
		})
	}
}

// crowd has many publish, each to a client of its own, until it is told to stop.
func crowd(t *testing.T, p *realtime.Publisher, n int) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			for ctx.Err() == nil {
				_, err := p.Publish(ctx, realtime.Client("courier", fmt.Sprint(i)), realtime.Event{Kind: "note", Data: i})
				if err != nil && !errors.Is(err, realtime.ErrUnavailable) {
					t.Error(err)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	return func() {
		cancel()
		group.Wait()
	}
}

// livesAgain waits until a client can come in, and gets what is published then.
func (h *host) livesAgain(t *testing.T, round int) {
	client := realtime.Client("customer", fmt.Sprint(round))
	h.mu.Lock()
	h.members[client] = "1"
	h.delivered = nil
	h.mu.Unlock()
	eventually(t, "it lives again", func() bool {
		if _, err := h.Attach(t.Context(), realtime.Member{To: client, Tag: "1"}); err != nil {
			return false
		}
		_, err := h.Publisher.Publish(t.Context(), client, realtime.Event{Kind: "note", Data: round})
		return err == nil && len(h.got()) > 0
	})
}
