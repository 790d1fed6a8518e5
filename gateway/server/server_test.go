package server_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	emulator "lastmile/emulators/redis"
	"lastmile/gateway/server"
	"lastmile/gateway/wsconn"
	"lastmile/shared/realtime"
)

// engines are the Redis servers that the tests share.
var engines = map[string]*emulator.Server{}

func TestMain(m *testing.M) {
	if addr := os.Getenv("GATEWAY_UNDER_TEST"); addr != "" {
		runNode(addr)
		return
	}
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

func onEachRedis(t *testing.T, test func(*testing.T, *world)) {
	for _, engine := range []string{"miniredis", "redis-server"} {
		t.Run(engine, func(t *testing.T) {
			s := engines[engine]
			if s == nil {
				t.Skip("no redis-server on PATH: apt-get install redis-server")
			}
			test(t, newWorld(t, s.Addr()))
		})
	}
}

const (
	patience = time.Minute // a test that passes never waits so long
	key      = "a key for these tests"
)

// world is a Redis with gateways.
type world struct {
	t      testing.TB
	addr   string
	prefix string
	redis  *redis.Client
	passes *server.Passes
}

func newWorld(t testing.TB, addr string) *world {
	w := &world{t: t, addr: addr, prefix: "g" + rand.Text()[:8] + ":", redis: realtime.Connect(&redis.Options{Addr: addr})}
	t.Cleanup(func() { require.NoError(t, errors.Join(w.forget(), w.redis.Close())) })
	var err error
	w.passes, err = server.NewPasses(key, nil)
	require.NoError(t, err)
	return w
}

// forget removes what the test kept, or Redis would work more for every test.
func (w *world) forget() error {
	ctx := context.Background()
	keys, err := w.redis.Keys(ctx, w.prefix+"*").Result()
	for some := range slices.Chunk(keys, 1000) {
		err = errors.Join(err, w.redis.Del(ctx, some...).Err())
	}
	return err
}

func newPublisher(ctx context.Context, r *redis.Client, prefix string) (*realtime.Publisher, error) {
	kinds, err := realtime.NewKinds(append(realtime.Standard(), realtime.Kind{Name: "note", Durable: true})...)
	if err != nil {
		return nil, err
	}
	return realtime.NewPublisher(ctx, r, kinds, realtime.Options{Prefix: prefix})
}

func (w *world) publisher() *realtime.Publisher {
	p, err := newPublisher(w.t.Context(), w.redis, w.prefix)
	require.NoError(w.t, err)
	return p
}

// gateway is one in this process.
type gateway struct {
	*server.Server
	url string
}

func (w *world) gateway(o server.Options) *gateway {
	s, err := server.New(w.t.Context(), w.publisher(), w.passes, o)
	require.NoError(w.t, err)
	h := httptest.NewServer(s.Handler())
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(w.t, s.Close(ctx))
		h.Close()
	})
	return &gateway{s, h.URL}
}

func (w *world) token(who server.Identity) string {
	token, err := w.passes.Issue(who)
	require.NoError(w.t, err)
	return token
}

var (
	ann = server.Identity{Client: realtime.Client("customer", "ann"), Topics: []string{"order:1*"}}
	bob = server.Identity{Client: realtime.Client("courier", "bob"), Roles: []string{"courier"}}
)

// frame is any frame to a client.
type frame struct {
	Number  uint64          `json:"n"`
	Epoch   string          `json:"e"`
	Stream  string          `json:"s"`
	Type    string          `json:"t"`
	Key     string          `json:"k"`
	Data    json.RawMessage `json:"d"`
	Welcome *place          `json:"welcome"`
	Joined  *place          `json:"joined"`
	Resync  *place          `json:"resync"`
	Refused *said           `json:"refused"`
	Left    *said           `json:"left"`
	Failed  *said           `json:"failed"`
	Done    *said           `json:"done"`
	Renewed *said           `json:"renewed"`
	Move    *said           `json:"move"`
	Pong    *int            `json:"pong"`
}

type place struct {
	Stream string `json:"s,omitempty"`
	Client string `json:"client,omitempty"`
	Epoch  string `json:"e"`
	Number uint64 `json:"n"`
}

type said struct {
	Stream string `json:"s"`
	ID     string `json:"id"`
	Why    string `json:"why"`
	In     int    `json:"in"`
}

// socket is a client that is driven step by step.
type socket struct {
	t  testing.TB
	ws *websocket.Conn
}

func dial(t testing.TB, url string, header http.Header, protocols ...string) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{Subprotocols: append([]string{wsconn.Protocol}, protocols...), HandshakeTimeout: patience}
	return d.DialContext(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/v1/socket", header)
}

func open(t testing.TB, g *gateway) *socket {
	ws, _, err := dial(t, g.url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ws.Close() })
	return &socket{t, ws}
}

// enter opens a socket and says hello.
func (w *world) enter(g *gateway, who server.Identity, hello map[string]any) (*socket, place) {
	s := open(w.t, g)
	all := map[string]any{"token": w.token(who)}
	for k, v := range hello {
		all[k] = v
	}
	s.say(map[string]any{"hello": all})
	f := s.next()
	require.NotNil(w.t, f.Welcome)
	require.Equal(w.t, who.Client.Name(), f.Welcome.Client)
	return s, *f.Welcome
}

func (s *socket) say(v any) { require.NoError(s.t, s.ws.WriteJSON(v)) }

func (s *socket) next() frame {
	s.t.Helper()
	require.NoError(s.t, s.ws.SetReadDeadline(time.Now().Add(patience)))
	var f frame
	require.NoError(s.t, s.ws.ReadJSON(&f))
	return f
}

// closed reads to the end and returns why the gateway closed.
func (s *socket) closed() *websocket.CloseError {
	s.t.Helper()
	require.NoError(s.t, s.ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		_, _, err := s.ws.ReadMessage()
		if err == nil {
			continue
		}
		var why *websocket.CloseError
		require.ErrorAs(s.t, err, &why)
		return why
	}
}

func publish(t *testing.T, p *realtime.Publisher, to realtime.Audience, kind string, data any) realtime.Receipt {
	t.Helper()
	r, err := p.Publish(t.Context(), to, realtime.Event{Kind: kind, Data: data})
	require.NoError(t, err)
	return r
}

func TestAClientGetsWhatIsForIt(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		one, two, p := w.gateway(server.Options{}), w.gateway(server.Options{}), w.publisher()
		a, _ := w.enter(one, ann, map[string]any{"topics": map[string]any{"order:12": nil}})
		require.Equal(t, "order:12", a.next().Joined.Stream)
		b, _ := w.enter(two, bob, nil)
		require.Equal(t, "role:courier", b.next().Joined.Stream)

		publish(t, p, ann.Client, "note", "for ann")
		require.JSONEq(t, `"for ann"`, string(a.next().Data))
		publish(t, p, realtime.Topic("order", "12"), "courier.moved", "moved")
		f := a.next()
		require.JSONEq(t, `"moved"`, string(f.Data))
		require.Equal(t, "order:12", f.Stream)
		require.Equal(t, "courier.moved", f.Type)
		publish(t, p, realtime.Role("courier"), "note", "for couriers")
		f = b.next()
		require.JSONEq(t, `"for couriers"`, string(f.Data))
		require.Equal(t, "role:courier", f.Stream)
		require.EqualValues(t, 1, f.Number)
	})
}

func TestResumeOnAnotherGateway(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		one, two, p := w.gateway(server.Options{}), w.gateway(server.Options{}), w.publisher()
		a, at := w.enter(one, ann, map[string]any{"topics": map[string]any{"order:12": nil}})
		topic := a.next().Joined
		publish(t, p, ann.Client, "note", 1)
		require.EqualValues(t, 1, a.next().Number)
		require.NoError(t, a.ws.Close())
		publish(t, p, ann.Client, "note", 2)
		publish(t, p, realtime.Topic("order", "12"), "note", 3)

		a, _ = w.enter(two, ann, map[string]any{
			"at":     place{Epoch: at.Epoch, Number: 1},
			"topics": map[string]any{"order:12": place{Epoch: topic.Epoch, Number: topic.Number}},
		})
		f := a.next()
		require.EqualValues(t, 2, f.Number)
		require.JSONEq(t, "2", string(f.Data))
		require.NotNil(t, a.next().Joined)
		require.JSONEq(t, "3", string(a.next().Data))

		b, _ := w.enter(two, ann, map[string]any{"at": place{Epoch: "forgotten", Number: 1}})
		require.EqualValues(t, 2, b.next().Resync.Number, "it must fetch anew")
	})
}

func TestFrames(t *testing.T) {
	w := newWorld(t, engines["miniredis"].Addr())
	g, p := w.gateway(server.Options{Receiver: refuser{}}), w.publisher()
	a, at := w.enter(g, ann, nil)
	t.Run("a ping is answered", func(t *testing.T) {
		a.say(map[string]any{"ping": 7})
		require.Equal(t, 7, *a.next().Pong)
	})
	t.Run("a topic can be entered and left", func(t *testing.T) {
		a.say(map[string]any{"sub": map[string]any{"topic": "order:13"}})
		require.Equal(t, "order:13", a.next().Joined.Stream)
		a.say(map[string]any{"sub": map[string]any{"topic": "order:13"}})
		require.Equal(t, "it is watched already", a.next().Refused.Why)
		a.say(map[string]any{"unsub": "order:13"})
		require.Equal(t, "order:13", a.next().Left.Stream)
		require.Zero(t, publish(t, p, realtime.Topic("order", "13"), "note", 1).Reached)
	})
	t.Run("a topic that is not allowed is refused", func(t *testing.T) {
		for _, topic := range []string{"order:2", "role:operator", "nonsense", ""} {
			a.say(map[string]any{"sub": map[string]any{"topic": topic}})
			f := a.next()
			require.Equal(t, topic, f.Refused.Stream)
			require.NotEmpty(t, f.Refused.Why)
		}
	})
	t.Run("a topic can be taken away", func(t *testing.T) {
		a.say(map[string]any{"sub": map[string]any{"topic": "order:14"}})
		require.NotNil(t, a.next().Joined)
		require.NoError(t, p.Revoke(t.Context(), ann.Client, realtime.Topic("order", "14")))
		require.Equal(t, "no longer allowed", a.next().Left.Why)
		require.Eventually(t, func() bool {
			n, err := p.Connections(t.Context(), realtime.Topic("order", "14"))
			return err == nil && n[0] == 0
		}, patience, time.Millisecond)
	})
	t.Run("an event is passed on and answered", func(t *testing.T) {
		a.say(map[string]any{"send": map[string]any{"id": "1", "t": "position", "d": 1}})
		require.Equal(t, "1", a.next().Done.ID)
		a.say(map[string]any{"send": map[string]any{"id": "2", "t": "nonsense", "d": 1}})
		require.Equal(t, said{ID: "2", Why: "unknown type"}, *a.next().Failed)
	})
	t.Run("a token can be renewed", func(t *testing.T) {
		a.say(map[string]any{"token": w.token(ann)})
		require.NotNil(t, a.next().Renewed)
	})
	t.Run("a new token that allows less ends what it does not allow", func(t *testing.T) {
		for _, topic := range []string{"order:15", "order:16"} {
			a.say(map[string]any{"sub": map[string]any{"topic": topic}})
			require.NotNil(t, a.next().Joined)
		}
		a.say(map[string]any{"token": w.token(server.Identity{Client: ann.Client, Topics: []string{"order:16"}})})
		require.NotNil(t, a.next().Renewed)
		require.Equal(t, said{Stream: "order:15", Why: "no longer allowed"}, *a.next().Left)
	})
	t.Run("what is acknowledged does not come again", func(t *testing.T) {
		publish(t, p, ann.Client, "note", 1)
		n := a.next().Number
		a.say(map[string]any{"ack": place{Epoch: at.Epoch, Number: n}})
		require.Eventually(t, func() bool {
			_, at := w.enter(g, ann, nil)
			return at.Number == n
		}, patience, 50*time.Millisecond)
	})
}

// refuser is a Receiver of positions.
type refuser struct{}

func (refuser) Receive(_ context.Context, _ server.Identity, kind string, _ []byte) error {
	if kind != "position" {
		return fmt.Errorf("unknown type")
	}
	return nil
}

func TestPresenceFollowsConnections(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		g, p := w.gateway(server.Options{}), w.publisher()
		count := func() int {
			n, err := p.Connections(t.Context(), ann.Client)
			require.NoError(t, err)
			return n[0]
		}
		a, _ := w.enter(g, ann, nil)
		b, _ := w.enter(g, ann, nil)
		require.Equal(t, 2, count())
		require.NoError(t, a.ws.Close())
		require.NoError(t, b.ws.Close())
		require.Eventually(t, func() bool { return count() == 0 }, patience, time.Millisecond)
		require.Eventually(t, func() bool { return g.Counts().Conns == 0 }, patience, time.Millisecond)
	})
}

func TestARevokedSessionIsDisconnected(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		g, p := w.gateway(server.Options{}), w.publisher()
		a, _ := w.enter(g, ann, nil)
		b, _ := w.enter(g, bob, nil)
		require.NotNil(t, b.next().Joined)
		require.NoError(t, p.Disconnect(t.Context(), ann.Client, "", "signed out everywhere"))
		why := a.closed()
		require.Equal(t, 4010, why.Code)
		require.Equal(t, "signed out everywhere", why.Text)
		b.say(map[string]any{"ping": 1})
		require.NotNil(t, b.next().Pong, "others stay")
	})
}

func TestOneSessionOfAClientIsEnded(t *testing.T) {
	onEachRedis(t, func(t *testing.T, w *world) {
		g, p := w.gateway(server.Options{}), w.publisher()
		phone, tablet := ann, ann
		phone.Session, tablet.Session = "phone", "tablet"
		a, _ := w.enter(g, phone, nil)
		b, _ := w.enter(g, tablet, nil)
		require.NoError(t, p.Disconnect(t.Context(), ann.Client, "phone", "signed out"))
		require.Equal(t, 4010, a.closed().Code)
		b.say(map[string]any{"ping": 1})
		require.NotNil(t, b.next().Pong, "the other session stays")
	})
}

func TestDrain(t *testing.T) {
	onEachRedis(t, drain)
}

func drain(t *testing.T, w *world) {
	g, p := w.gateway(server.Options{}), w.publisher()
	a, _ := w.enter(g, ann, nil)
	drained := sync.WaitGroup{}
	drained.Go(func() { g.Drain(t.Context()) })
	f := a.next()
	require.Equal(t, "this instance ends", f.Move.Why)
	require.Less(t, f.Move.In, 5001)

	_, answer, err := dial(t, g.url, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	health, err := http.Get(g.url + "/health")
	require.NoError(t, err)
	require.NoError(t, health.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, health.StatusCode)

	publish(t, p, ann.Client, "note", "still here")
	require.JSONEq(t, `"still here"`, string(a.next().Data))
	require.NoError(t, a.ws.Close())
	drained.Wait()
}
