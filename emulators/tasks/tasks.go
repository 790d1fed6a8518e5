// Package tasks emulates Google Cloud Tasks: google.cloud.tasks.v2 over gRPC,
// and the HTTP requests that Cloud Tasks sends when a task is due.
//
// It owns queues, their rate limits and retries, tasks and the names of past
// tasks. It promises what the service documents: delivery at least once and
// never before the schedule time, a 2xx answer ends a task, any other is
// retried with the configured backoff, and a used name stays reserved. Each
// queue has one heap of due times and one goroutine, so waiting tasks cost only
// memory. With [Options.Dir] whatever was acknowledged survives kill -9 (not a
// power cut: the file is left to the page cache).
//
// App Engine targets, queue-level HTTP overrides, batches, IAM and CMEK are not emulated
// and answer UNIMPLEMENTED.
package tasks

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc"

	"lastmile/emulators/fault"
	"lastmile/emulators/rest"
)

// Options adjusts a Server; the zero value serves from memory on a free port.
type Options struct {
	Addr string // "" = 127.0.0.1:0
	Dir  string // where state survives a restart; "" = in memory
	// Now is the clock that tasks are due by; nil = time.Now. A clock of the
	// caller's may jump: it is looked at every 5 ms.
	Now func() time.Time
	// Tombstone is how long the name of a finished or deleted task stays
	// reserved; 0 = 1 h. Google promises to release it within 24 h.
	Tombstone time.Duration
	// Token signs the OIDC token of tasks that ask for one; nil sends them without.
	Token func(email, audience string) (string, error)
	// Unthrottled ignores the rate limits of queues, for load tests.
	Unthrottled bool
	// Drain is how long Close waits for answers from handlers; 0 = 5 s.
	Drain time.Duration
}

// Server is a running emulator.
type Server struct {
	Faults     *fault.Injector // by RPC, or "Dispatch" for the requests that tasks send
	Deliveries *Deliveries     // tasks dropped, doubled, early or out of order

	options  Options
	listener net.Listener
	rpc      *grpc.Server
	client   *http.Client
	store    *store
	ctx      context.Context // ends when draining is over
	cancel   context.CancelFunc
	serving  sync.WaitGroup // the gRPC server
	running  sync.WaitGroup // queue loops and attempts; nothing joins once closed

	mu      sync.Mutex
	queues  map[string]*queue    // by name
	gone    map[string]time.Time // deleted queues, and until when their names are reserved
	stats   Stats
	resting rest.Room
	closed  bool
}

// Start serves until Close. State in o.Dir is loaded before it returns.
func Start(o Options) (*Server, error) {
	s := newServer(o)
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("start tasks emulator: %w", err)
	}
	l, err := net.Listen("tcp", s.options.Addr)
	if err != nil {
		s.store.close()
		return nil, fmt.Errorf("start tasks emulator: %w", err)
	}
	s.listener = l
	s.rpc = grpc.NewServer(grpc.UnaryInterceptor(s.Faults.Unary()))
	cloudtaskspb.RegisterCloudTasksServer(s.rpc, &service{s: s})
	s.serving.Go(func() { _ = s.rpc.Serve(l) })
	for _, q := range s.queues {
		s.running.Go(q.loop)
	}
	return s, nil
}

func newServer(o Options) *Server {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Tombstone == 0 {
		o.Tombstone = time.Hour
	}
	if o.Drain == 0 {
		o.Drain = 5 * time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Server{
		Faults:     &fault.Injector{},
		Deliveries: &Deliveries{},
		options:    o,
		client:     newClient(),
		ctx:        ctx,
		cancel:     cancel,
		queues:     map[string]*queue{},
		gone:       map[string]time.Time{},
	}
}

// Addr returns the host and port that clients dial.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close stops dispatching, waits for handlers until Options.Drain has passed,
// and returns when every goroutine of the server has ended.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for _, q := range s.queues {
		close(q.stop)
	}
	s.mu.Unlock()

	cutoff := time.AfterFunc(s.options.Drain, func() {
		s.cancel()
		s.rpc.Stop()
	})
	s.running.Wait()
	s.rpc.GracefulStop()
	s.serving.Wait()
	cutoff.Stop()
	s.cancel()
	s.client.CloseIdleConnections()
	return s.store.close()
}

// now is the time by the clock that tasks are due by.
func (s *Server) now() time.Time {
	if s.options.Now == nil {
		return time.Now()
	}
	return s.options.Now()
}
