package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	emulator "lastmile/emulators/redis"
	"lastmile/gateway/server"
	"lastmile/shared/realtime"
)

func TestRedisRestarts(t *testing.T) {
	for _, engine := range []string{"miniredis", "redis-server"} {
		for name, keep := range map[string]bool{"with its memory": true, "without": false} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				if engines[engine] == nil {
					t.Skip("no redis-server on PATH: apt-get install redis-server")
				}
				o := emulator.Options{}
				if engine == "miniredis" {
					o.Server = emulator.Embedded
				} else if keep {
					o.Dir = t.TempDir()
				}
				s, err := emulator.Start(o)
				require.NoError(t, err)
				t.Cleanup(func() { _ = s.Close() })
				restart(t, s, keep)
			})
		}
	}
}

// restart restarts Redis below a client that comes back whenever it is sent away.
func restart(t *testing.T, s *emulator.Server, keep bool) {
	w := newWorld(t, s.Addr())
	g := w.gateway(server.Options{Node: fast})
	a, at := w.enter(g, ann, nil)
	p := w.publisher()
	publish(t, p, ann.Client, "note", "before")
	require.EqualValues(t, 1, a.next().Number)
	require.NoError(t, s.Restart(keep))

	// Published as soon as Redis answers, and as often as it takes.
	require.Eventually(t, func() bool {
		_, err := p.Publish(t.Context(), ann.Client, realtime.Event{Kind: "note", ID: "after", Data: "after"})
		return err == nil
	}, patience, 5*time.Millisecond)

	if keep {
		f := a.next()
		require.JSONEq(t, `"after"`, string(f.Data), "the connection lives on")
		require.EqualValues(t, 2, f.Number)
		return
	}
	require.Equal(t, 4012, a.closed().Code)
	var f frame
	require.Eventually(t, func() bool {
		a = open(t, g)
		a.say(map[string]any{"hello": map[string]any{"token": w.token(ann), "at": place{Epoch: at.Epoch, Number: 1}}})
		if a.ws.SetReadDeadline(time.Now().Add(patience)) != nil || a.ws.ReadJSON(&f) != nil {
			return false
		}
		return f.Welcome != nil
	}, patience, 10*time.Millisecond)
	require.NotNil(t, a.next().Resync, "history was lost: fetch anew")
	publish(t, p, ann.Client, "note", "new")
	require.JSONEq(t, `"new"`, string(a.next().Data))
}

// TestRedisGoesBackInTime is what a fail-over looks like to those who are connected.
func TestRedisGoesBackInTime(t *testing.T) {
	if engines["redis-server"] == nil {
		t.Skip("no redis-server on PATH: apt-get install redis-server")
	}
	s, err := emulator.Start(emulator.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	w := newWorld(t, s.Addr())
	g, p := w.gateway(server.Options{Node: fast}), w.publisher()
	a, at := w.enter(g, ann, nil)
	publish(t, p, ann.Client, "note", "kept")
	require.EqualValues(t, 1, a.next().Number)
	session, err := w.redis.Keys(t.Context(), w.prefix+"*:s:*").Result()
	require.NoError(t, err)
	log := strings.Replace(session[0], ":s:", ":l:", 1)
	then := []string{w.redis.Dump(t.Context(), session[0]).Val(), w.redis.Dump(t.Context(), log).Val()}

	publish(t, p, ann.Client, "note", "forgotten")
	require.EqualValues(t, 2, a.next().Number)
	for i, key := range []string{session[0], log} {
		require.NoError(t, w.redis.RestoreReplace(t.Context(), key, 0, then[i]).Err())
	}
	publish(t, p, ann.Client, "note", "another with that number")
	require.NoError(t, w.redis.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Err())

	resync := a.next().Resync
	require.NotNil(t, resync, "what it shows is not what there is")
	require.NotEqual(t, at.Epoch, resync.Epoch)
	publish(t, p, ann.Client, "note", "new")
	require.JSONEq(t, `"new"`, string(a.next().Data))
}

func TestASlowClientIsSentAwayAndTheOthersAreNot(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g, p := w.gateway(server.Options{}), w.publisher()
	slow, _ := w.enter(g, ann, nil)
	fine, _ := w.enter(g, ann, nil)
	big := strings.Repeat("x", 60_000)
	for i := 0; g.Counts().Slow == 0; i++ { // and no longer: what it is told has to get through, too
		_, err := p.Publish(t.Context(), ann.Client, realtime.Event{Kind: "note", ID: fmt.Sprint(i), Data: big})
		require.NoError(t, err)
		require.EqualValues(t, i+1, fine.next().Number)
	}
	require.Equal(t, 4008, slow.closed().Code)
	require.EqualValues(t, 1, g.Counts().Slow)
}
