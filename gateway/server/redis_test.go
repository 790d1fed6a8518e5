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

func TestASlowClientIsSentAwayAndTheOthersAreNot(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g, p := w.gateway(server.Options{}), w.publisher()
	slow, _ := w.enter(g, ann, nil)
	fine, _ := w.enter(g, ann, nil)
	big := strings.Repeat("x", 60_000)
	for i := range 200 {
		_, err := p.Publish(t.Context(), ann.Client, realtime.Event{Kind: "note", ID: fmt.Sprint(i), Data: big})
		require.NoError(t, err)
		require.EqualValues(t, i+1, fine.next().Number)
	}
	require.Eventually(t, func() bool { return g.Counts().Slow == 1 }, patience, time.Millisecond)
	require.Equal(t, 4008, slow.closed().Code)
}
