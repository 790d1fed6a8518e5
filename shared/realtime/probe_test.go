package realtime_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

// muffler stands between a gateway and Redis. It can have the subscriptions there
// are hear nothing more while all else works: their connections stand, and Redis
// counts them as told.
type muffler struct {
	to  string
	mu  sync.Mutex
	all []*link // guarded by mu
}

// link is one connection through a muffler.
type link struct {
	client, server   net.Conn
	subscribed, deaf atomic.Bool
}

// mute makes every subscription deaf, and returns how many there were.
func (m *muffler) mute() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.all {
		if l.subscribed.Load() {
			l.deaf.Store(true)
			n++
		}
	}
	return n
}

func newMuffler(t *testing.T, to string) (m *muffler, addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m = &muffler{to: to}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { m.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		m.mu.Lock()
		for _, l := range m.all {
			_, _ = l.client.Close(), l.server.Close()
		}
		m.mu.Unlock()
		running.Wait()
	})
	return m, l.Addr().String()
}

func (m *muffler) carry(client net.Conn) {
	server, err := net.Dial("tcp", m.to)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{client: client, server: server}
	m.mu.Lock()
	m.all = append(m.all, l)
	m.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() { relay(client, server, func([]byte) bool { return !l.deaf.Load() }) })
	relay(server, client, func(b []byte) bool {
		if bytes.Contains(bytes.ToLower(b), []byte("subscribe")) {
			l.subscribed.Store(true)
		}
		return true
	})
	back.Wait()
}

// relay copies what passes, and closes both when either ends.
func relay(to io.WriteCloser, from io.ReadCloser, pass func([]byte) bool) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && pass(b[:n]) {
			if _, failed := to.Write(b[:n]); failed != nil {
				err = failed
			}
		}
		if err != nil {
			_, _ = to.Close(), from.Close()
			return
		}
	}
}

func TestAnInboxThatFallsSilentIsOpenedAnew(t *testing.T) {
	for _, engine := range []string{"miniredis", "redis-server"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if engines[engine] == nil {
				t.Skip("no redis-server on PATH: apt-get install redis-server")
			}
			m, addr := newMuffler(t, engines[engine].Addr())
			w := newWorld(t, engines[engine].Addr(), false)
			elsewhere := w.publisher()
			muffled := &world{t: t, redis: redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1}), opts: w.opts}
			h := newHost()
			h.Publisher = muffled.publisher()
			var err error
			h.Node, err = realtime.Join(t.Context(), h.Publisher, h, realtime.NodeOptions{Beat: 10 * time.Millisecond, Silence: 10 * time.Millisecond})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, errors.Join(h.Node.Close(context.Background()), muffled.redis.Close())) })
			place := h.attach(t, ann, realtime.Place{}).Newest

			require.Equal(t, 1, m.mute())
			require.Equal(t, 1, publish(t, elsewhere, ann, "note", "unheard").Reached, "Redis knows of nothing")
			eventually(t, "the gateway does", func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				return len(h.losses) > 0
			})
			require.False(t, h.lost(), "its clients stay")
			eventually(t, "it can catch up", func() bool {
				replays, err := h.Attach(t.Context(), realtime.Member{To: ann, Tag: "1", From: place})
				return err == nil && !replays[0].Gap && len(replays[0].Missed) == 1
			})
			eventually(t, "and hears again", func() bool {
				_, err := elsewhere.Publish(t.Context(), ann, realtime.Event{Kind: "note", ID: "heard", Data: "heard"})
				return err == nil && len(h.got()) > 0
			})
		})
	}
}
