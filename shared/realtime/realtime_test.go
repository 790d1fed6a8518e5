package realtime_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	emulator "lastmile/emulators/redis"
	"lastmile/shared/realtime"
)

// engines are the Redis servers that all tests of this package share; each test
// has a prefix of its own.
var engines = map[string]*emulator.Server{}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		kinds := map[string]emulator.Options{"miniredis": {Server: emulator.Embedded}}
		if _, err := exec.LookPath("redis-server"); err == nil {
			kinds["redis-server"] = emulator.Options{}
		}
		for name, o := range kinds {
			s, err := emulator.Start(o)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			defer s.Close()
			engines[name] = s
		}
		return m.Run()
	}())
}

// onEachRedis runs a test on every engine, by every inbox.
func onEachRedis(t *testing.T, test func(*testing.T, *world)) {
	for _, engine := range []string{"miniredis", "redis-server"} {
		for _, inbox := range []string{"channels", "lists"} {
			t.Run(engine+"/"+inbox, func(t *testing.T) {
				s := engines[engine]
				if s == nil {
					t.Skip("no redis-server on PATH: apt-get install redis-server")
				}
				test(t, newWorld(t, s.Addr(), inbox == "lists"))
			})
		}
	}
}

const patience = 10 * time.Second

// world is a Redis with a clock, and what hangs on it.
type world struct {
	t     *testing.T
	redis *redis.Client
	opts  realtime.Options

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T, addr string, lists bool) *world {
	w := &world{t: t, redis: redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1}), now: time.Now()}
	w.opts = realtime.Options{Prefix: "t" + rand.Text()[:8] + ":", Lists: lists, Now: w.clock}
	t.Cleanup(func() { require.NoError(t, w.redis.Close()) })
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) publisher() *realtime.Publisher {
	kinds, err := realtime.NewKinds(append(realtime.Standard(), realtime.Kind{Name: "note", Durable: true})...)
	require.NoError(w.t, err)
	p, err := realtime.NewPublisher(w.t.Context(), w.redis, kinds, w.opts)
	require.NoError(w.t, err)
	return p
}

// node joins an instance that beats fast but, as the clock stands still, lives on.
func (w *world) node() *host {
	h := newHost()
	h.Publisher = w.publisher()
	n, err := realtime.Join(w.t.Context(), h.Publisher, h, realtime.NodeOptions{Beat: 10 * time.Millisecond, Presence: time.Minute})
	require.NoError(w.t, err)
	h.Node = n
	w.t.Cleanup(func() { _ = n.Close(context.Background()) })
	return h
}

// host keeps what is delivered to the members it holds.
type host struct {
	*realtime.Node
	Publisher *realtime.Publisher

	mu        sync.Mutex
	members   map[realtime.Audience]string
	delivered []realtime.Delivery
	losses    []bool
}

func newHost() *host { return &host{members: map[realtime.Audience]string{}} }

func (h *host) Deliver(d realtime.Delivery) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := h.members[d.To]; !here {
		return false
	}
	h.delivered = append(h.delivered, d)
	return true
}

func (h *host) Members() iter.Seq2[realtime.Audience, string] {
	return func(yield func(realtime.Audience, string) bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for a, tag := range h.members {
			if !yield(a, tag) {
				return
			}
		}
	}
}

func (h *host) Interrupted(lost bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.losses = append(h.losses, lost)
}

func (h *host) lost() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.losses) > 0 && h.losses[0]
}

// got are the payloads that arrived here.
func (h *host) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return payloads(h.delivered)
}

func payloads(ds []realtime.Delivery) []string {
	var all []string
	for _, d := range ds {
		var f struct {
			N uint64          `json:"n"`
			D json.RawMessage `json:"d"`
		}
		if err := json.Unmarshal(d.Frame, &f); err != nil || f.N != d.Number {
			all = append(all, "broken: "+string(d.Frame))
			continue
		}
		all = append(all, string(f.D))
	}
	return all
}

func (h *host) attach(t *testing.T, to realtime.Audience, from realtime.Place) realtime.Replay {
	h.mu.Lock()
	h.members[to] = "1"
	h.mu.Unlock()
	r, err := h.Attach(t.Context(), realtime.Member{To: to, Tag: "1", From: from})
	require.NoError(t, err)
	return r[0]
}

func (h *host) leave(t *testing.T, to realtime.Audience) {
	h.mu.Lock()
	delete(h.members, to)
	h.mu.Unlock()
	require.NoError(t, h.Leave(t.Context(), realtime.Member{To: to, Tag: "1"}))
}

func publish(t *testing.T, p *realtime.Publisher, to realtime.Audience, kind string, data any) realtime.Receipt {
	r, err := p.Publish(t.Context(), to, realtime.Event{Kind: kind, Data: data})
	require.NoError(t, err)
	return r
}

func eventually(t *testing.T, what string, ok func() bool) {
	require.Eventually(t, ok, patience, 2*time.Millisecond, what)
}

var (
	ann  = realtime.Client("customer", "ann")
	bob  = realtime.Client("courier", "bob")
	door = realtime.Topic("order", "12")
)
