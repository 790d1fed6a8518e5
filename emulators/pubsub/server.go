// Package pubsub is a Pub/Sub service in the process: google.pubsub.v1 over gRPC
// on a loopback port, with push, pull and streaming pull.
//
// It owns topics, subscriptions, snapshots and the messages that are not
// acknowledged. It promises what Google documents: at least one delivery of
// every message to every subscription that existed when it was published,
// retries and dead letters by policy, order within an ordering key, and for
// subscriptions with exactly-once delivery that an acknowledged message never
// comes again. With a directory, what was acknowledged to a publisher survives
// the death of the process.
package pubsub

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"

	"lastmile/emulators/fault"
)

// Options are the knobs of a server; the zero value works.
type Options struct {
	Addr string           // where to listen; "" is a free port on 127.0.0.1
	Dir  string           // where the state survives a restart; "" keeps it in memory
	Now  func() time.Time // nil is time.Now; after moving it call [Server.Tick]

	PushWindow  PushWindow
	PushBackoff PushBackoff
	MaxBytes    int // largest gRPC request; 0 is 20 MiB
}

// PushWindow bounds how many pushes of one subscription are under way at once. The
// window starts small, doubles while more than 99 in 100 are acknowledged within a
// second on average, and halves when they are not.
type PushWindow struct {
	Start int // 0 is 5
	Max   int // 0 is 256
}

// PushBackoff is the pause of a whole push subscription whose endpoint fails:
// it begins when a quarter of the recent pushes have failed, doubles with every failure
// and ends with a success. The zero value pauses for 100 ms to 60 s, as Google does.
type PushBackoff struct {
	Min time.Duration // negative never pauses
	Max time.Duration
}

// Server is a running Pub/Sub service.
type Server struct {
	Faults     fault.Injector // what goes wrong with calls
	Deliveries Mischief       // what goes wrong with deliveries

	opts     Options
	now      func() time.Time
	listener net.Listener
	grpc     *grpc.Server
	certs    net.Listener // serves the key set
	web      *http.Server
	client   *http.Transport
	keys     *signer
	work     *crew
	seq      atomic.Uint64 // of the newest message
	pending  pending
	ledger   ledger
	close    func() error

	mu    sync.RWMutex // guards the registries, before the lock of any of their entries
	state registry
}

type registry struct {
	topics    map[string]*topic
	subs      map[string]*subscription
	snapshots map[string]*snapshot
}

// Start returns a server that is ready to answer.
func Start(opts Options) (*Server, error) {
	s := newServer(opts)
	if opts.Dir != "" {
		if err := s.load(); err != nil {
			return nil, fmt.Errorf("restore pubsub from %s: %w", opts.Dir, err)
		}
		s.work.Go(s.keep)
	}
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.Tick() // what was restored is delivered
	return s, nil
}

func newServer(opts Options) *Server {
	opts = opts.withDefaults()
	s := &Server{opts: opts, now: opts.Now, keys: newSigner(opts.Now), work: newCrew()}
	s.state = registry{map[string]*topic{}, map[string]*subscription{}, map[string]*snapshot{}}
	s.close = sync.OnceValue(s.shutDown)
	s.seq.Store(uint64(opts.Now().UnixMicro()))
	s.client = &http.Transport{
		MaxIdleConnsPerHost: opts.PushWindow.Max,
		IdleConnTimeout:     30 * time.Second,
		DisableCompression:  true,
		WriteBufferSize:     16 << 10,
		ReadBufferSize:      4 << 10,
	}
	s.web = &http.Server{Handler: s.keys, ReadHeaderTimeout: 10 * time.Second}
	s.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(opts.MaxBytes),
		grpc.WaitForHandlers(true),
		grpc.UnaryInterceptor(s.Faults.Unary()),
		grpc.StreamInterceptor(s.Faults.Stream()),
	)
	pubsubpb.RegisterPublisherServer(s.grpc, &publisher{srv: s})
	pubsubpb.RegisterSubscriberServer(s.grpc, &subscriber{srv: s})
	pubsubpb.RegisterSchemaServiceServer(s.grpc, pubsubpb.UnimplementedSchemaServiceServer{})
	return s
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PushWindow.Start <= 0 {
		o.PushWindow.Start = 5
	}
	if o.PushWindow.Max <= 0 {
		o.PushWindow.Max = 256
	}
	o.PushWindow.Start = min(o.PushWindow.Start, o.PushWindow.Max)
	if o.PushBackoff.Min == 0 {
		o.PushBackoff.Min = 100 * time.Millisecond
	}
	if o.PushBackoff.Max == 0 {
		o.PushBackoff.Max = time.Minute
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 20 << 20
	}
	return o
}

func (s *Server) listen() error {
	l, err := net.Listen("tcp", s.opts.Addr)
	if err != nil {
		return fmt.Errorf("listen for pubsub on %s: %w", s.opts.Addr, err)
	}
	certs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.Close()
		return fmt.Errorf("listen for the keys of push tokens: %w", err)
	}
	s.listener, s.certs = l, certs
	s.work.Go(func() { s.grpc.Serve(l) }) // both return when Close stops them
	s.work.Go(func() { s.web.Serve(certs) })
	return nil
}

// JWKSURL is where the keys are that sign the OIDC tokens of pushes.
func (s *Server) JWKSURL() string { return "http://" + s.certs.Addr().String() + "/oauth2/v3/certs" }

// Addr is the host and port for PUBSUB_EMULATOR_HOST.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Tick looks at the clock again. Call it after moving an [Options.Now] of your own.
func (s *Server) Tick() {
	for _, sub := range s.subscriptions() {
		sub.tick()
	}
}

// drain is how long Close waits for the answers to the pushes under way.
const drain = 5 * time.Second

// Close begins no more deliveries, ends the calls under way, lets the pushes under way finish,
// and waits for every goroutine. A second call does nothing more.
func (s *Server) Close() error { return s.close() }

func (s *Server) shutDown() error {
	for _, sub := range s.subscriptions() {
		sub.end(errStopped)
	}
	s.grpc.Stop()
	return errors.Join(s.web.Close(), s.stop())
}

// stop waits for the goroutines and closes the journal.
func (s *Server) stop() error {
	s.work.finish(drain)
	s.client.CloseIdleConnections()
	if s.ledger.journal == nil {
		return nil
	}
	return s.ledger.journal.Close()
}

func (s *Server) subscriptions() []*subscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*subscription, 0, len(s.state.subs))
	for _, sub := range s.state.subs {
		out = append(out, sub)
	}
	return out
}
