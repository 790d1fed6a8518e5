package server_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
	"lastmile/shared/logs"
	"lastmile/shared/realtime"
)

// archive is a store of records in memory.
type archive struct {
	mu  sync.Mutex
	all []logs.Record // guarded by mu
}

func (a *archive) Append(_ context.Context, rs []logs.Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, rs...)
	return nil
}

// of are the records about a thing, as "what to".
func (a *archive) of(entity string) (told []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.all {
		if slices.Contains(r.Entities, entity) {
			told = append(told, r.Message+" "+r.Attrs["to"].(string))
		}
	}
	return told
}

func TestWhatClientsAreSentIsRecorded(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	kept := &archive{}
	l := logs.New(logs.Options{Service: "gateway", Out: io.Discard, Store: kept, Linger: time.Millisecond})
	defer func() { require.NoError(t, l.Close(context.Background())) }()
	g, p := w.gateway(server.Options{Records: l.Logger()}), w.publisher()
	s, _ := w.enter(g, ann, map[string]any{"topics": map[string]any{"order:12": nil}})
	require.NotNil(t, s.next().Joined)
	for _, to := range []realtime.Audience{realtime.Topic("order", "12"), ann.Client, realtime.Client("courier", "nobody")} {
		_, err := p.Publish(t.Context(), to, realtime.Event{Kind: "note", Key: "order:12", Data: 1})
		require.NoError(t, err)
	}
	publish(t, p, realtime.Topic("order", "12"), "courier.moved", 1)
	for range 3 {
		s.next()
	}
	require.NoError(t, s.ws.Close())
	require.Eventually(t, func() bool { return slices.Contains(kept.of("customer:ann"), "disconnected customer:ann") }, patience, time.Millisecond)
	require.Equal(t, []string{"watches order:12", "delivered order:12", "delivered customer:ann"}, kept.of("order:12"),
		"neither positions nor what reached nobody")
	require.Contains(t, kept.of("customer:ann"), "connected customer:ann")
}

// stuck is a log that takes nothing until it is released.
type stuck struct {
	slog.Handler
	release chan struct{}
	mu      sync.Mutex
	lost    int64 // guarded by mu
}

func (s *stuck) Handle(_ context.Context, r slog.Record) error {
	<-s.release
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "unrecorded" {
			s.lost += a.Value.Int64()
		}
		return true
	})
	return nil
}

func TestALogThatIsStuckHoldsNobodyUp(t *testing.T) {
	const events = 4500
	w := newWorld(t, engines["miniredis"].Addr())
	log := &stuck{Handler: slog.DiscardHandler, release: make(chan struct{})}
	g, p := w.gateway(server.Options{Records: slog.New(log)}), w.publisher()
	s, _ := w.enter(g, ann, nil)
	for range events {
		publish(t, p, ann.Client, "note", strings.Repeat("x", 10))
		require.Equal(t, "note", s.next().Type)
	}
	close(log.release)
	require.Eventually(t, func() bool {
		publish(t, p, ann.Client, "note", "after")
		log.mu.Lock()
		defer log.mu.Unlock()
		return log.lost > 0
	}, patience, 10*time.Millisecond, "what was not recorded is counted in the next record")
}
