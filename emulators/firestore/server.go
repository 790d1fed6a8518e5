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
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"

	"lastmile/emulators/fault"
)

// maxMessage lets commits in that are too large, to refuse them as Google does.
const maxMessage = 64 << 20

// drainTime is how long Close waits for calls in progress.
const drainTime = 2 * time.Second

// Options tune a Server; the zero value serves from memory on a free port.
type Options struct {
	Addr     string           // "" is a free port of 127.0.0.1
	Dir      string           // where state survives a restart; "" is memory only
	Now      func() time.Time // nil is time.Now
	Indexes  []byte           // a firestore.indexes.json; nil lets every query pass
	TTLEvery time.Duration    // how often expired documents are deleted; 0 is a minute
	Logger   *slog.Logger     // of trouble in the background; nil is slog.Default()
}

// Server is a running emulator.
type Server struct {
	// Faults makes calls fail on request.
	Faults *fault.Injector

	listener net.Listener
	grpc     *grpc.Server
	api      *api
	stop     chan struct{} // the api's closing
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
	if o.TTLEvery == 0 {
		o.TTLEvery = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	api, err := newAPI(o)
	if err != nil {
		return nil, fmt.Errorf("start firestore: %w", err)
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start firestore: %w", err), api.close())
	}
	s := &Server{Faults: &fault.Injector{}, listener: listener, api: api, stop: api.closing}
	s.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.WaitForHandlers(true),
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

// SetIndexes replaces the declared indexes: a firestore.indexes.json, or nil to
// let every query pass.
func (s *Server) SetIndexes(indexes []byte) error { return s.api.declare(indexes) }

// UnusedIndexes lists the declared composite indexes that have answered no query
// since they were declared. Of several that could answer a query, the longest does.
func (s *Server) UnusedIndexes() []string { return s.api.schema.Load().Unused() }

// Stats are counters over all databases.
type Stats struct {
	Documents     int
	Bytes         int // of documents, as Firestore counts them
	Reads, Writes int64
}

// Stats returns the counters.
func (s *Server) Stats() (sum Stats) {
	for _, d := range s.api.all() {
		one := d.store.Stats()
		sum.Documents += one.Documents
		sum.Bytes += one.Bytes
		sum.Reads += one.Reads
		sum.Writes += one.Writes
	}
	return sum
}

// Close ends listeners, gives other calls a moment to finish, makes everything
// durable, and returns when nothing runs any more.
func (s *Server) Close() error {
	close(s.stop)
	s.drain()
	s.running.Wait()
	return s.api.close()
}

func (s *Server) drain() {
	drained := make(chan struct{})
	go func() { defer close(drained); s.grpc.GracefulStop() }()
	select {
	case <-drained:
	case <-time.After(drainTime):
		s.grpc.Stop() // ends GracefulStop as well
		<-drained
	}
}
