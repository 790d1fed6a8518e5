package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
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

// TestRedisForgetsItsLastNumbers is a restart, or a fail-over, that takes Redis a
// moment back in time; then just as much is published before anybody looks.
func TestRedisForgetsItsLastNumbers(t *testing.T) {
	for name, published := range map[string]int{"nothing is published": 0, "less than was lost": 1, "as much": 2, "more": 5} {
		t.Run(name, func(t *testing.T) {
			onEachRedis(t, func(t *testing.T, w *world) {
				p, a := w.publisher(), w.node()
				a.attach(t, ann, realtime.Place{})
				for i := range 10 {
					publish(t, p, ann, "note", i)
				}
				eventually(t, "all is there", func() bool { return len(a.got()) == 10 })
				last := a.last()
				w.forget(t, ann, 8)
				for i := range published {
					publish(t, p, ann, "note", 100+i)
				}
				seen := realtime.Member{To: ann, Tag: "1", From: realtime.Place{Epoch: last.Epoch, Number: 10}, Seen: realtime.Sum(last.Frame)}
				replays, err := a.Attach(t.Context(), seen)
				require.NoError(t, err)
				require.True(t, replays[0].Gap, "its place is not what it was")
				require.True(t, a.attach(t, ann, realtime.Place{Epoch: last.Epoch, Number: 7}).Gap, "and nobody else's is")

				from := replays[0].Newest
				publish(t, p, ann, "note", "new")
				require.Equal(t, []string{`"new"`}, payloads(a.attach(t, ann, from).Missed))
			})
		})
	}
}

func TestWhatWasSeenIsStillThere(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		p, a := w.publisher(), w.node()
		a.attach(t, ann, realtime.Place{})
		publish(t, p, ann, "note", "é")
		eventually(t, "it is there", func() bool { return len(a.got()) == 1 })
		last := a.last()
		publish(t, p, ann, "note", 2)
		seen := realtime.Member{To: ann, Tag: "1", From: realtime.Place{Epoch: last.Epoch, Number: 1}, Seen: realtime.Sum(last.Frame)}
		replays, err := a.Attach(t.Context(), seen)
		require.NoError(t, err)
		require.False(t, replays[0].Gap)
		require.Equal(t, []string{"2"}, payloads(replays[0].Missed))

		seen.From.Number, seen.Seen = 2, realtime.Sum(replays[0].Missed[0].Frame)
		replays, err = a.Attach(t.Context(), seen)
		require.NoError(t, err)
		require.False(t, replays[0].Gap, "what was read from the log is what was delivered")
	})
}

// forget takes the log of an audience back to a number.
func (w *world) forget(t *testing.T, a realtime.Audience, number int) {
	session, err := w.redis.Keys(t.Context(), w.opts.Prefix+"*:s:"+string(a)).Result()
	require.NoError(t, err)
	require.Len(t, session, 1)
	log := strings.Replace(session[0], ":s:", ":l:", 1)
	kept, err := w.redis.XRange(t.Context(), log, "-", fmt.Sprint(number)).Result()
	require.NoError(t, err)
	require.NoError(t, w.redis.Del(t.Context(), log).Err())
	for _, entry := range kept {
		require.NoError(t, w.redis.XAdd(t.Context(), &redis.XAddArgs{Stream: log, ID: entry.ID, Values: entry.Values}).Err())
	}
	require.NoError(t, w.redis.HSet(t.Context(), session[0], "seq", number).Err())
}

// last is what arrived here last.
func (h *host) last() realtime.Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.delivered[len(h.delivered)-1]
}
