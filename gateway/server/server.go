// Package server is the gateway: it lets clients in and joins their connections
// to what is published.
//
// It owns the sessions of this process: who they are, what they may watch, when
// they must be pinged, renewed or moved. The protocol is in gateway/PROTOCOL.md.
// It promises that
//   - a client is told why it is refused or disconnected, by a code;
//   - whatever a client has seen numbered, it sees once and in order, over any
//     number of connections to any gateway, or it is told to fetch anew;
//   - one client's faults cost the others nothing: frames, subscriptions,
//     connections and waiting bytes are limited;
//   - a drain moves every client to another gateway before it ends.
package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"lastmile/gateway/hub"
	"lastmile/gateway/wsconn"
	"lastmile/shared/httpapi"
	"lastmile/shared/realtime"
)

// Receiver takes events from clients. Its error is told to the client as it is,
// if the client asked for an answer.
type Receiver interface {
	Receive(ctx context.Context, from Identity, kind string, data []byte) error
}

// Options adjusts a Server; the zero value is right for production.
type Options struct {
	Permissions  Permissions   // nil = what the token says
	Receiver     Receiver      // nil = clients have nothing to send
	Origins      []string      // of pages that may connect, as "https://shop.example", besides our own
	MaxConns     int           // 0 = 20,000
	PerClient    int           // connections of one client; 0 = 16
	MaxTopics    int           // of one connection; 0 = 100
	FrameRate    int           // frames a second from one connection; 0 = 50, in bursts of twice that
	Ping         time.Duration // 0 = 25 s; a connection that is silent for more than twice that is dead
	HelloTimeout time.Duration // 0 = 5 s
	MaxAge       time.Duration // of a connection, before it is moved; 0 = 50 min, and up to a tenth more
	Records      *slog.Logger  // keeps what clients do and are sent, for the story of an order; nil keeps none
	Node         realtime.NodeOptions
}

// Server is the gateway of one process.
type Server struct {
	options  Options
	log      *slog.Logger
	auth     Authenticator
	upgrader *wsconn.Upgrader
	hub      *hub.Hub
	pub      *realtime.Publisher
	node     *realtime.Node
	wheel    *wheel
	records  *recorder

	tags       atomic.Int64 // tells memberships apart
	open       atomic.Int64 // connections, with those that have not said hello
	draining   atomic.Bool
	superseded time.Time // since another revision counts; owned by the keeper
	lacking    chan lack
	running    context.Context // ends with Close
	stop       context.CancelFunc
	keepers    sync.WaitGroup // goroutines that live as long as the server
	sessions   sync.WaitGroup
}

// New joins the instances that share a Redis, by way of p. Close it.
func New(ctx context.Context, p *realtime.Publisher, auth Authenticator, o Options) (*Server, error) {
	s := &Server{options: o.withDefaults(), auth: auth, pub: p, wheel: newWheel(wheelSlots), lacking: make(chan lack, maxLacking)}
	s.log = s.options.Node.Log
	s.upgrader = wsconn.NewUpgrader(s.mayConnect)
	s.hub = hub.New(s.missing)
	s.running, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.records = startRecorder(s.options.Records)
	var err error
	if s.node, err = realtime.Join(ctx, p, host{s}, s.options.Node); err != nil {
		s.stop()
		s.records.close()
		return nil, fmt.Errorf("start the gateway: %w", err)
	}
	s.keepers.Go(s.keep)
	for range catchers {
		s.keepers.Go(s.catchUpAll)
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Permissions == nil {
		o.Permissions = granted{}
	}
	for knob, value := range map[*int]int{&o.MaxConns: 20_000, &o.PerClient: 16, &o.MaxTopics: 100, &o.FrameRate: 50} {
		if *knob == 0 {
			*knob = value
		}
	}
	for knob, value := range map[*time.Duration]time.Duration{&o.Ping: 25 * time.Second, &o.HelloTimeout: 5 * time.Second, &o.MaxAge: 50 * time.Minute} {
		if *knob == 0 {
			*knob = value
		}
	}
	if o.Node.Log == nil {
		o.Node.Log = slog.Default()
	}
	return o
}

// Handler serves the gateway's paths.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/socket", s.serveSocket)
	mux.HandleFunc("POST /v1/events", s.serveEvents)
	mux.HandleFunc("POST /v1/acks", s.serveAck)
	mux.HandleFunc("GET /health", s.serveHealth)
	return httpapi.Hurry(s.options.HelloTimeout)(mux)
}

// Counts are figures of the connections here.
func (s *Server) Counts() hub.Counts { return s.hub.Counts() }

func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	c := s.hub.Counts()
	fmt.Fprintf(w, "ok\nconnections %d\nsent %d\nreplaced %d\ntoo slow %d\n", c.Conns, c.Sent, c.Replaced, c.Slow)
}

// mayConnect keeps pages of strangers from using their visitors' sessions.
func (s *Server) mayConnect(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(s.options.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// admit counts a connection in, or tells the client to come back later.
func (s *Server) admit(w http.ResponseWriter) bool {
	if !s.draining.Load() && s.open.Add(1) <= int64(s.options.MaxConns) {
		s.sessions.Add(1)
		return true
	}
	if !s.draining.Load() {
		s.open.Add(-1)
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "this instance takes no more connections: try again", http.StatusServiceUnavailable)
	return false
}

// dismiss counts it out.
func (s *Server) dismiss() {
	s.open.Add(-1)
	s.sessions.Done()
}

func (s *Server) newTag() string { return strconv.FormatInt(s.tags.Add(1), 36) }

// Close disconnects everybody who is still here and leaves. Drain first.
func (s *Server) Close(ctx context.Context) error {
	s.draining.Store(true)
	s.wheel.each(func(c *session) { c.conn.Close(hub.Close{Code: hub.CodeMoved, Reason: "this instance ends"}) })
	s.stop()
	err := wait(ctx, &s.sessions)
	s.keepers.Wait()
	s.records.close()
	if left := s.node.Close(ctx); err == nil {
		err = left
	}
	if err != nil {
		return fmt.Errorf("close the gateway: %w", err)
	}
	s.hub.Wait()
	return nil
}

func wait(ctx context.Context, g *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		g.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
