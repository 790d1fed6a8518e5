package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/race"
	"lastmile/gateway/server"
	"lastmile/shared/realtime"
)

// phone is a client as a careful app would be: it connects again whenever its
// connection ends, resumes from its number, and shows what is new.
type phone struct {
	w    *world
	who  server.Identity
	urls func() []string

	mu     sync.Mutex
	at     place
	shown  []int
	resync int
	faults []string
}

// live runs until ctx ends.
func (p *phone) live(ctx context.Context) {
	for ctx.Err() == nil {
		urls := p.urls()
		d := websocket.Dialer{Subprotocols: []string{"lastmile.v1", "token." + p.w.token(p.who)}}
		ws, _, err := d.DialContext(ctx, "ws"+urls[rand.N(len(urls))][len("http"):]+"/v1/socket", nil)
		if err != nil {
			time.Sleep(rand.N(50 * time.Millisecond))
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = ws.Close() })
		p.use(ws)
		stop()
		_ = ws.Close()
	}
}

// use reads one connection until it ends, or drops it now and then.
func (p *phone) use(ws *websocket.Conn) {
	p.mu.Lock()
	hello := map[string]any{}
	if p.at.Epoch != "" {
		hello["at"] = p.at
	}
	p.mu.Unlock()
	if ws.WriteJSON(map[string]any{"hello": hello}) != nil {
		return
	}
	for {
		var f frame
		if ws.ReadJSON(&f) != nil || f.Move != nil {
			return
		}
		if !p.take(f) || rand.N(200) == 0 {
			return
		}
		if f.Number%8 == 0 && f.Number > 0 && ws.WriteJSON(map[string]any{"ack": place{Epoch: f.Epoch, Number: f.Number}}) != nil {
			return
		}
	}
}

func (p *phone) take(f frame) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case f.Welcome != nil && p.at.Epoch == "":
		p.at = *f.Welcome
	case f.Resync != nil:
		p.at, p.resync = *f.Resync, p.resync+1
	case f.Number > 0 && f.Number <= p.at.Number:
		// seen before the last connection ended
	case f.Number > 0 && (f.Epoch != p.at.Epoch || f.Number != p.at.Number+1):
		p.faults = append(p.faults, fmt.Sprintf("%s/%d after %s/%d", f.Epoch, f.Number, p.at.Epoch, p.at.Number))
		return false
	case f.Number > 0:
		var n int
		if err := json.Unmarshal(f.Data, &n); err != nil {
			p.faults = append(p.faults, err.Error())
		}
		p.at.Epoch, p.at.Number = f.Epoch, f.Number
		p.shown = append(p.shown, n)
	}
	return true
}

func (p *phone) has() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.shown)
}

// fleet is the gateways that are up.
type fleet struct {
	w  *world
	mu sync.Mutex
	up []*process
}

func (f *fleet) urls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var urls []string
	for _, p := range f.up {
		urls = append(urls, p.url)
	}
	return urls
}

// replace starts a gateway and gives an old one the signal.
func (f *fleet) replace(s syscall.Signal) {
	fresh := f.w.process()
	f.mu.Lock()
	old := f.up[0]
	f.up = append(f.up[1:], fresh)
	f.mu.Unlock()
	old.signal(f.w.t, s)
}

func TestEveryEventOnceAndInOrderWhileGatewaysDie(t *testing.T) {
	clients, events := race.Fewer(200, 50), race.Fewer(50, 25)
	onEachRedis(t, func(t *testing.T, w *world) {
		f := &fleet{w: w, up: []*process{w.process(), w.process(), w.process()}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var living, publishing sync.WaitGroup
		phones := make([]*phone, clients)
		for i := range phones {
			phones[i] = &phone{w: w, who: server.Identity{Client: realtime.Client("courier", fmt.Sprint(i))}, urls: f.urls}
			living.Go(func() { phones[i].live(ctx) })
		}
		p := w.publisher()
		for part := range 4 {
			publishing.Go(func() {
				for n := range events {
					for i := part; i < clients; i += 4 {
						persist(ctx, p, phones[i].who.Client, realtime.Event{Kind: "note", ID: fmt.Sprint(n), Data: n})
					}
				}
			})
		}
		for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL} {
			f.replace(s)
		}
		publishing.Wait()
		f.replace(syscall.SIGKILL)

		for i, ph := range phones {
			require.Eventually(t, func() bool { return ph.has() == events }, 2*patience, 5*time.Millisecond, "client %d has %d", i, ph.has())
			for n, shown := range ph.shown {
				require.Equal(t, n, shown)
			}
			require.Empty(t, ph.faults)
			require.Zero(t, ph.resync)
		}
		w.presenceIsRight(p, phones)
		cancel()
		living.Wait()
		for range f.up {
			f.up[0].signal(t, syscall.SIGKILL)
			f.up = f.up[1:]
		}
		w.nothingStays()
	})
}

// persist publishes until it succeeds, as a function that is called again does:
// the event has an ID.
func persist(ctx context.Context, p *realtime.Publisher, to realtime.Audience, e realtime.Event) {
	for ctx.Err() == nil {
		if _, err := p.Publish(ctx, to, e); err == nil {
			return
		}
	}
}

// presenceIsRight waits until every client is counted once.
func (w *world) presenceIsRight(p *realtime.Publisher, phones []*phone) {
	var all []realtime.Audience
	for _, ph := range phones {
		all = append(all, ph.who.Client)
	}
	require.Eventually(w.t, func() bool {
		counts, err := p.Connections(w.t.Context(), all...)
		if err != nil {
			return false // a Redis that is slow for a moment
		}
		for _, n := range counts {
			if n != 1 {
				return false
			}
		}
		return true
	}, patience, 20*time.Millisecond, "every client has one connection")
}

// nothingStays lets one gateway clean up after all that died. While it is at it,
// little is asked of Redis: looking at every key keeps a small one from its work.
func (w *world) nothingStays() {
	w.gateway(server.Options{Node: fast})
	left := []string{"what was not looked at"}
	for end := time.Now().Add(patience); len(left) > 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		dead, err := w.redis.ZCard(context.Background(), w.prefix+"{insts}:dead").Result()
		if err == nil && dead == 0 {
			left = w.leftovers()
		}
	}
	require.Empty(w.t, left, "what dead gateways held")
}

// leftovers are the traces of gateways that are gone, when one is alive.
func (w *world) leftovers() []string {
	ctx := context.Background()
	var left []string
	for _, pattern := range []string{"*:i:*", "*:p:*", "*:q:*", "*:dead"} {
		keys, err := w.redis.Keys(ctx, w.prefix+pattern).Result()
		require.NoError(w.t, err)
		left = append(left, keys...)
	}
	sessions, err := w.redis.Keys(ctx, w.prefix+"*:s:*").Result()
	require.NoError(w.t, err)
	for _, s := range sessions {
		if at, _ := w.redis.HGet(ctx, s, "at").Result(); at != "" {
			left = append(left, s+" at "+at)
		}
	}
	live, err := w.redis.ZRange(ctx, w.prefix+"{insts}:live", 0, -1).Result()
	require.NoError(w.t, err)
	return append(left, live[min(1, len(live)):]...)
}

func TestAFrozenGateway(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		frozen, p := w.process(), w.publisher()
		a := (&socket{t: t}).dialTo(frozen.url, w.token(ann))
		require.NotNil(t, a.next().Welcome)
		frozen.signal(t, syscall.SIGSTOP)
		w.gateway(server.Options{Node: fast})
		require.Eventually(t, func() bool {
			n, err := p.Connections(t.Context(), ann.Client)
			return err == nil && n[0] == 0
		}, patience, 10*time.Millisecond, "its clients are gone after its lease")
		publish(t, p, ann.Client, "note", "kept")
		frozen.signal(t, syscall.SIGCONT)
		require.NotNil(t, a.next().Move, "it notices, and sends its clients away")
		require.Equal(t, 4012, a.closed().Code)
	})
}

func (s *socket) dialTo(url, token string) *socket {
	ws, _, err := dial(s.t, url, nil, "token."+token)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = ws.Close() })
	s.ws = ws
	s.say(map[string]any{"hello": map[string]any{}})
	return s
}
