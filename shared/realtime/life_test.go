package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	emulator "lastmile/emulators/redis"
	"lastmile/shared/realtime"
)

// leftovers are the keys that name an instance or have one in their value.
func (w *world) leftovers() []string {
	var left []string
	ctx := context.Background()
	for _, pattern := range []string{"*:i:*", "*:p:*", "*:q:*"} {
		keys, err := w.redis.Keys(ctx, w.opts.Prefix+pattern).Result()
		require.NoError(w.t, err)
		left = append(left, keys...)
	}
	sessions, err := w.redis.Keys(ctx, w.opts.Prefix+"*:s:*").Result()
	require.NoError(w.t, err)
	for _, s := range sessions {
		at, err := w.redis.HGet(ctx, s, "at").Result()
		require.NoError(w.t, err)
		if at != "" {
			left = append(left, s+" at "+at)
		}
	}
	return left
}

func TestNothingStaysWhenAnInstanceLeaves(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a := w.node()
		a.attach(t, ann, realtime.Place{})
		a.attach(t, door, realtime.Place{})
		publish(t, w.publisher(), door, "note", 1)
		require.NotEmpty(t, w.leftovers())
		require.NoError(t, a.Close(t.Context()))
		eventually(t, "the list that woke it expires", func() bool { return len(w.leftovers()) == 0 })
		n, err := w.redis.Exists(t.Context(), w.opts.Prefix+"{insts}:dead", w.opts.Prefix+"{insts}:live").Result()
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestWhatADeadInstanceHadUnderWayIsRefused(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		doomed := newHost()
		doomed.Publisher = w.publisher()
		n, err := realtime.Join(t.Context(), doomed.Publisher, doomed, realtime.NodeOptions{Beat: time.Hour})
		require.NoError(t, err)
		defer n.Close(context.Background())
		doomed.Node = n
		doomed.attach(t, ann, realtime.Place{})
		w.pass(6 * time.Second)
		w.node()
		eventually(t, "it is cleaned up after", func() bool { return len(w.leftovers()) == 0 })
		_, err = doomed.Attach(t.Context(), realtime.Member{To: ann, Tag: "2"})
		require.ErrorIs(t, err, realtime.ErrUnavailable)
		require.Empty(t, w.leftovers())
	})
}

func TestAnInstanceThatLostItsLease(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		a := w.node()
		a.attach(t, ann, realtime.Place{})
		frozen, err := w.redis.ZRange(t.Context(), w.opts.Prefix+"{insts}:live", 0, -1).Result()
		require.NoError(t, err)
		require.Len(t, frozen, 1)

		// What another does when the lease of a is over.
		require.NoError(t, w.redis.ZAdd(t.Context(), w.opts.Prefix+"{insts}:dead", redis.Z{Score: 0, Member: frozen[0]}).Err())
		require.NoError(t, w.redis.ZRem(t.Context(), w.opts.Prefix+"{insts}:live", frozen[0]).Err())

		eventually(t, "it closes its connections", a.lost)
		eventually(t, "what it held is cleaned up", func() bool {
			w.pass(50 * time.Millisecond)
			return len(w.leftovers()) == 0
		})
		eventually(t, "it lives again", func() bool {
			_, err := a.Attach(t.Context(), realtime.Member{To: ann, Tag: "2"})
			return err == nil
		})
		publish(t, w.publisher(), ann, "note", "new life")
		eventually(t, "and receives", func() bool { return len(a.got()) == 1 })
	})
}

func TestADeadInstanceIsCleanedUpByAnother(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		silent := newHost()
		silent.Publisher = w.publisher()
		n, err := realtime.Join(t.Context(), silent.Publisher, silent, realtime.NodeOptions{Beat: time.Hour})
		require.NoError(t, err)
		silent.Node = n
		defer n.Close(context.Background())
		silent.attach(t, ann, realtime.Place{})
		silent.attach(t, door, realtime.Place{})

		watcher := w.node()
		watcher.attach(t, realtime.PresenceOf(ann), realtime.Place{})
		counts, err := watcher.Publisher.Connections(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, []int{1}, counts)

		w.pass(3 * time.Second)
		eventually(t, "the living renew", func() bool {
			fresh := fmt.Sprint(w.clock().Add(5 * time.Second).UnixMilli())
			n, err := w.redis.ZCount(t.Context(), w.opts.Prefix+"{insts}:live", fresh, "+inf").Result()
			return err == nil && n == 1
		})
		w.pass(3 * time.Second)
		eventually(t, "who watches sees it go", func() bool { return len(watcher.got()) == 1 })
		require.Equal(t, []string{`{"client":"customer:ann","online":false}`}, watcher.got())
		watcher.leave(t, realtime.PresenceOf(ann))
		eventually(t, "nothing is left", func() bool { return len(w.leftovers()) == 0 })
	})
}

func TestPresenceRunsOutWithoutAnybodyToCleanUp(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		silent := newHost()
		n, err := realtime.Join(t.Context(), w.publisher(), silent, realtime.NodeOptions{Beat: time.Hour, Lease: time.Hour, Presence: time.Minute})
		require.NoError(t, err)
		defer n.Close(context.Background())
		silent.Node = n
		silent.attach(t, ann, realtime.Place{})
		w.pass(61 * time.Second)
		counts, err := w.publisher().Connections(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, []int{0}, counts)
	})
}

func TestSuperseded(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		join := func(revision string) *realtime.Node {
			n, err := realtime.Join(t.Context(), w.publisher(), newHost(), realtime.NodeOptions{Beat: 5 * time.Millisecond, Revision: revision})
			require.NoError(t, err)
			t.Cleanup(func() { _ = n.Close(context.Background()) })
			return n
		}
		first := join("gateway-00001")
		first.Welcomed()
		second := join("gateway-00002")
		beats := func(n *realtime.Node, want bool) {
			for range 20 {
				require.Equal(t, want, n.Superseded())
				time.Sleep(2 * time.Millisecond)
			}
		}
		eventually(t, "the new one knows which has the clients", second.Superseded)
		beats(first, false) // a revision that is being tried has none
		second.Welcomed()
		eventually(t, "the old one notices that they go to the new", first.Superseded)
		eventually(t, "which counts", func() bool { return !second.Superseded() })
		first.Welcomed()
		eventually(t, "a roll-back counts too", second.Superseded)
		eventually(t, "the old one is current again", func() bool { return !first.Superseded() })
	})
}

// stumbling is a Redis that fails while it is told to.
type stumbling struct{ down atomic.Bool }

var errDown = errors.New("down")

func (s *stumbling) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *stumbling) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if s.down.Load() {
			return errDown
		}
		return next(ctx, cmd)
	}
}

func (s *stumbling) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if s.down.Load() {
			return errDown
		}
		return next(ctx, cmds)
	}
}

func TestWhoCannotLeaveAtOnceLeavesLater(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		var s stumbling
		w.redis.AddHook(&s)
		a := w.node()
		a.attach(t, ann, realtime.Place{})
		a.attach(t, door, realtime.Place{})
		s.down.Store(true)
		err := a.Leave(t.Context(), realtime.Member{To: ann, Tag: "1"}, realtime.Member{To: door, Tag: "1"})
		require.ErrorIs(t, err, realtime.ErrUnavailable)
		s.down.Store(false)
		eventually(t, "when Redis is back", func() bool { return len(w.leftovers()) == 0 })
	})
}

func TestRedisRestarts(t *testing.T) {
	for name, tc := range map[string]struct{ keep, lost bool }{
		"with its memory nothing is lost":     {keep: true},
		"without it the instance begins anew": {lost: true},
	} {
		for _, engine := range []string{"miniredis", "redis-server"} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				if engines[engine] == nil {
					t.Skip("no redis-server on PATH: apt-get install redis-server")
				}
				o := emulator.Options{Dir: t.TempDir()}
				if engine == "miniredis" {
					o = emulator.Options{Server: emulator.Embedded}
				}
				if !tc.keep {
					o.Dir = ""
				}
				s, err := emulator.Start(o)
				require.NoError(t, err)
				defer s.Close()
				w := newWorld(t, s.Addr(), false)
				a, p := w.node(), w.publisher()
				place := a.attach(t, ann, realtime.Place{}).Newest
				publish(t, p, ann, "note", 1)
				eventually(t, "it arrives", func() bool { return len(a.got()) == 1 })

				require.NoError(t, s.Restart(tc.keep))
				eventually(t, "the instance notices", func() bool {
					a.mu.Lock()
					defer a.mu.Unlock()
					return len(a.losses) > 0
				})
				if tc.lost {
					eventually(t, "its lease is gone", func() bool {
						a.mu.Lock()
						defer a.mu.Unlock()
						return a.losses[len(a.losses)-1]
					})
				}
				var replays []realtime.Replay
				eventually(t, "it can attach again", func() bool {
					replays, err = a.Attach(t.Context(), realtime.Member{To: ann, Tag: "1", From: place})
					return err == nil
				})
				require.Equal(t, tc.lost, replays[0].Gap)
				if tc.keep {
					require.Equal(t, []string{"1"}, payloads(replays[0].Missed))
				}
				eventually(t, "and what is published arrives", func() bool {
					_, err := p.Publish(t.Context(), ann, realtime.Event{Kind: "note", ID: "after", Data: 2})
					return err == nil && len(a.got()) >= 2
				})
			})
		}
	}
}
