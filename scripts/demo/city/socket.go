package city

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// place is where a client is in a stream.
type place struct {
	Epoch  string `json:"e"`
	Number uint64 `json:"n"`
}

// frame is what the gateway says.
type frame struct {
	place
	Kind  string          `json:"t"`
	Topic string          `json:"s"`
	Data  json.RawMessage `json:"d"`

	Welcome, Joined, Resync *mark
	Move                    *struct{ In int }
}

type mark struct {
	place
	Topic string `json:"s"`
}

// anew is the kind of the frame by which a socket says that events may have been
// missed: what they are about must be fetched.
const anew = "anew"

// socket keeps a connection of somebody to the gateway: it connects, resumes, and
// passes on each event once. Its owner reads frames, and acknowledges.
type socket struct {
	url    string
	who    *person
	stats  *stats
	frames chan frame

	// Owned by run, but for topics, which is set before.
	topics map[string]*place

	mu    sync.Mutex
	conn  *websocket.Conn // guarded by mu; nil between connections
	own   *place          // guarded by mu
	acked place           // guarded by mu
}

// dial returns a socket of somebody who watches topics beside their own stream.
// It is open while run runs.
func (a *api) dial(who *person, topics ...string) *socket {
	s := &socket{
		url: strings.Replace(a.url, "http", "ws", 1) + "/gateway/v1/socket", who: who, stats: a.stats,
		frames: make(chan frame, 32), topics: map[string]*place{},
	}
	for _, t := range topics {
		s.topics[t] = nil
	}
	return s
}

// run connects again and again until ctx ends.
func (s *socket) run(ctx context.Context) {
	for wait := 250 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 10*time.Second) {
		if s.connect(ctx) {
			wait = 250 * time.Millisecond
		}
		if pause(ctx, rand.N(wait)) == nil {
			s.stats.reconnects.Add(1)
		}
	}
}

// dialer is thrifty: there may be thousands of sockets.
var dialer = websocket.Dialer{
	Subprotocols: []string{"lastmile.v1"}, HandshakeTimeout: 20 * time.Second,
	ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{},
}

// connect reads until the connection ends, and reports whether it was welcome.
func (s *socket) connect(ctx context.Context) bool {
	conn, resp, err := dialer.DialContext(ctx, s.url, nil)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	hello := object{"token": s.who.pass(), "topics": s.topics}
	s.mu.Lock()
	if s.own != nil {
		hello["at"] = s.own
	}
	s.mu.Unlock()
	if conn.WriteJSON(object{"hello": hello}) != nil {
		return false
	}
	s.stats.sockets.Add(1)
	defer s.stats.sockets.Add(-1)
	defer s.use(nil)
	return s.read(ctx, conn)
}

func (s *socket) use(conn *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
}

func (s *socket) read(ctx context.Context, conn *websocket.Conn) (welcome bool) {
	for {
		var f frame
		if conn.ReadJSON(&f) != nil {
			return welcome
		}
		if f.Welcome != nil {
			s.use(conn)
			welcome = true
		}
		if f.Move != nil {
			return welcome
		}
		if !s.note(&f) {
			continue
		}
		select {
		case s.frames <- f:
		case <-ctx.Done():
			return welcome
		}
	}
}

// note keeps the place of a frame, and reports whether its owner has to see it.
func (s *socket) note(f *frame) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case f.Welcome != nil && s.own == nil:
		s.own, s.acked, f.Kind = &f.Welcome.place, f.Welcome.place, anew
	case f.Resync != nil && f.Resync.Topic == "":
		s.own, f.Kind = &f.Resync.place, anew
	case f.Resync != nil:
		s.topics[f.Resync.Topic], f.Kind = &f.Resync.place, anew
	case f.Joined != nil && s.topics[f.Joined.Topic] == nil:
		s.topics[f.Joined.Topic] = &f.Joined.place
	case f.Number == 0:
	case f.Topic != "":
		return s.advance(s.topics[f.Topic], f.place, func(p *place) { s.topics[f.Topic] = p })
	default:
		return s.advance(s.own, f.place, func(p *place) { s.own = p })
	}
	return f.Kind != ""
}

// advance goes on to a place, unless that has been seen.
func (s *socket) advance(from *place, to place, set func(*place)) bool {
	if from != nil && from.Epoch == to.Epoch && to.Number <= from.Number {
		return false
	}
	set(&to)
	return true
}

// acknowledge says what has been seen of the own stream, if that is news.
func (s *socket) acknowledge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || s.own == nil || *s.own == s.acked {
		return
	}
	if s.write(object{"ack": s.own}) {
		s.acked = *s.own
	}
}

// send says something, and reports whether there was a connection to say it on.
func (s *socket) send(kind string, data any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil && s.write(object{"send": object{"t": kind, "d": data}})
}

func (s *socket) write(v any) bool {
	_ = s.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return s.conn.WriteJSON(v) == nil
}
