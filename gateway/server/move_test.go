package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	emulator "lastmile/emulators/redis"
	"lastmile/gateway/hub"
	"lastmile/shared/realtime"
)

// joined returns a Server that is an instance of a revision, whose keeper is the
// test.
func joined(t *testing.T, addr, revision string) *Server {
	redis := realtime.Connect(&goredis.Options{Addr: addr})
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	require.NoError(t, err)
	p, err := realtime.NewPublisher(t.Context(), redis, kinds, realtime.Options{})
	require.NoError(t, err)
	s := &Server{options: Options{}.withDefaults(), log: slog.Default(), pub: p, wheel: newWheel(wheelSlots), records: startRecorder(nil)}
	s.hub = hub.New(func(*hub.Conn, string) {})
	s.running, s.stop = context.WithCancel(context.Background())
	s.node, err = realtime.Join(t.Context(), p, host{s}, realtime.NodeOptions{Beat: 5 * time.Millisecond, Revision: revision})
	require.NoError(t, err)
	t.Cleanup(func() {
		s.stop()
		s.records.close()
		require.NoError(t, errors.Join(s.node.Close(context.Background()), redis.Close()))
	})
	return s
}

func TestClientsMoveToANewerRevisionOverTwoMinutes(t *testing.T) {
	redis, err := emulator.Start(emulator.Options{Server: emulator.Embedded})
	require.NoError(t, err)
	t.Cleanup(func() { _ = redis.Close() })
	old, fresh := joined(t, redis.Addr(), "gateway-1"), joined(t, redis.Addr(), "gateway-2")
	start := time.Now()
	lines := make([]*quiet, 400)
	for i := range lines {
		lines[i] = &quiet{heard: start.Add(time.Hour)}
		old.newSession(lines[i], Identity{Client: realtime.Client("courier", fmt.Sprint(i))})
	}
	asked := func(at time.Duration) (n int) {
		old.follow(start.Add(at))
		old.wheel.each(func(c *session) { c.visit(start.Add(at)) })
		for _, l := range lines {
			if strings.Contains(strings.Join(l.texts, ""), "move") {
				n++
			}
		}
		return n
	}
	require.Zero(t, asked(0))
	fresh.node.Welcomed()
	require.Eventually(t, old.node.Superseded, time.Minute, time.Millisecond)
	require.Zero(t, asked(time.Second), "it begins to count")
	require.Zero(t, asked(60*time.Second), "not yet for a minute")
	asked(61 * time.Second) // it has: from here on they are moved
	require.InDelta(t, 100, asked(91*time.Second), 50, "a quarter after half a minute")
	require.InDelta(t, 200, asked(120*time.Second), 60, "half after a minute")
	for _, l := range lines {
		require.Zero(t, l.why.Code, "who is asked has a minute to go")
	}
	require.Equal(t, 400, asked(182*time.Second), "all after two")
	require.False(t, fresh.node.Superseded())
	for _, l := range lines {
		require.Equal(t, 1, strings.Count(strings.Join(l.texts, ""), "move"), "each is asked once")
	}
	asked(242 * time.Second)
	for _, l := range lines {
		require.Equal(t, hub.CodeMoved, l.why.Code, "who did not is disconnected")
	}
}

// fickle lets a client in, and refuses it from then on.
type fickle struct{ asked int }

func (f *fickle) Authenticate(context.Context, string) (Identity, error) {
	if f.asked++; f.asked > 1 {
		return Identity{}, fmt.Errorf("%w: the session has ended", ErrUnauthorized)
	}
	return Identity{Client: realtime.Client("customer", "ann"), Session: "phone"}, nil
}

func TestASessionThatEndsWhileItsSocketEntersIsRefused(t *testing.T) {
	redis, err := emulator.Start(emulator.Options{Server: emulator.Embedded})
	require.NoError(t, err)
	t.Cleanup(func() { _ = redis.Close() })
	s := joined(t, redis.Addr(), "gateway-1")
	s.auth = &fickle{}
	line := &quiet{heard: time.Now()}
	require.Nil(t, s.begin(t.Context(), line, hello{Token: "x"}))
	require.Equal(t, hub.CodeRevoked, line.why.Code)
	require.Contains(t, line.why.Reason, "has ended")
	require.Zero(t, s.Counts().Conns)
	n, err := s.pub.Connections(t.Context(), realtime.Client("customer", "ann"))
	require.NoError(t, err)
	require.Equal(t, []int{0}, n, "it leaves nothing")
}
