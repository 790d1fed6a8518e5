// Package firestore is an emulator of Firestore: the wire protocol
// (google.firestore.v1 over gRPC) in front of a small database.
//
// It promises the behaviour that the official clients and the documentation
// promise, one process, a start in milliseconds, and with [Options.Dir] that
// no acknowledged commit is lost, however the process ends. The sub-packages
// hold the parts: value and name (order, paths, limits), query (meaning and
// plan), store (documents and history), lock and txn (transactions).
package firestore

import (
	"fmt"
	"net"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"

	"lastmile/emulators/fault"
)

// maxMessage lets commits in that are too large, to refuse them as Google does.
const maxMessage = 64 << 20

// Options tune a Server; the zero value serves from memory on a free port.
type Options struct {
	Addr string           // "" is a free port of 127.0.0.1
	Now  func() time.Time // nil is time.Now
}

// Server is a running emulator.
type Server struct {
	// Faults makes calls fail on request.
	Faults *fault.Injector

	listener net.Listener
	grpc     *grpc.Server
	api      *api
	stop     chan struct{}
	running  sync.WaitGroup
}

// Start returns a server that answers already.
func Start(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start firestore: %w", err)
	}
	s := &Server{
		Faults:   &fault.Injector{},
		listener: listener,
		api:      newAPI(o),
		stop:     make(chan struct{}),
	}
	s.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.UnaryInterceptor(s.Faults.Unary()),
		grpc.StreamInterceptor(s.Faults.Stream()),
	)
	pb.RegisterFirestoreServer(s.grpc, s.api)
	s.running.Go(func() { _ = s.grpc.Serve(listener) }) // ends by Close only
	s.running.Go(s.housekeep)
	return s, nil
}

// Addr is where the server listens, as FIRESTORE_EMULATOR_HOST wants it.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close ends calls in progress, and returns when everything has stopped.
func (s *Server) Close() error {
	close(s.stop)
	s.grpc.Stop()
	s.running.Wait()
	return nil
}

// housekeep ends stale transactions and forgets the past.
func (s *Server) housekeep() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			s.api.housekeep()
		}
	}
}
