// Package storage emulates Google Cloud Storage over HTTP: the JSON API and the
// XML reads and writes that cloud.google.com/go/storage and browsers use.
//
// It owns buckets, objects, resumable uploads and the key that signs URLs. It
// promises what the service does: a write whose CRC32C or MD5 is not that of the
// bytes is refused and leaves nothing, preconditions are exact under
// concurrency, a signed URL is good for its method, headers and time alone, and
// nobody without credentials reads or lists what the bucket's policy does not
// open. With [Options.Dir] contents are streamed to files and survive kill -9.
//
// Who is asking: the Go client sends no credentials to an emulator, so a request
// with an x-goog-api-client or an Authorization header counts as the project's
// own, one with a signature as the key's, and any other as anonymous.
//
// Not emulated: the gRPC API, ACLs, old generations, holds, lifecycle, gzip
// transcoding, XML listing and XML multipart uploads.
package storage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"lastmile/emulators/fault"
)

const (
	memoryObject = 256 << 20 // bytes of an object when contents are in memory
	diskObject   = 5 << 40   // Google's limit
)

// Options adjusts a Server; the zero value serves from memory on a free port.
type Options struct {
	Addr string           // "" = 127.0.0.1:0
	Dir  string           // where state survives a restart; "" = in memory
	Now  func() time.Time // nil = time.Now
	// MaxObject is the size of the largest object; 0 = 256 MiB in memory, 5 TiB on disk.
	MaxObject int64
	// Drain is how long Close waits for requests; 0 = 5 s.
	Drain time.Duration
}

// Server is a running emulator.
type Server struct {
	Faults *fault.Injector // by verb and path: "GET /storage/v1/b/"

	options  Options
	listener net.Listener
	http     *http.Server
	serving  sync.WaitGroup
	fresh    fresh
	blobs    *blobs
	index    *index
	uploads  *uploads
	key      func() (signer, error) // made on first use
}

// Start serves until Close. State in o.Dir is loaded before it returns.
func Start(o Options) (*Server, error) {
	s, err := newServer(o.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("start storage emulator: %w", err)
	}
	l, err := net.Listen("tcp", s.options.Addr)
	if err != nil {
		return nil, fmt.Errorf("start storage emulator: %w", errors.Join(err, s.index.close()))
	}
	s.listener = l
	s.http = &http.Server{Handler: s.Faults.HTTP(s.handler()), ConnState: s.fresh.track, ReadHeaderTimeout: 10 * time.Second}
	s.serving.Go(func() { _ = s.http.Serve(l) })
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Drain == 0 {
		o.Drain = 5 * time.Second
	}
	if o.MaxObject == 0 && o.Dir == "" {
		o.MaxObject = memoryObject
	}
	if o.MaxObject == 0 {
		o.MaxObject = diskObject
	}
	return o
}

func newServer(o Options) (*Server, error) {
	shelf, err := newBlobs(o.Dir, o.MaxObject)
	if err != nil {
		return nil, err
	}
	catalogue, err := newIndex(o, shelf)
	if err != nil {
		return nil, err
	}
	return &Server{
		Faults:  &fault.Injector{},
		options: o,
		fresh:   fresh{conns: map[net.Conn]bool{}},
		blobs:   shelf,
		index:   catalogue,
		uploads: newUploads(o.Now),
		key:     sync.OnceValues(func() (signer, error) { return loadSigner(o.Dir) }),
	}, nil
}

// Addr returns the host and port, what goes into STORAGE_EMULATOR_HOST.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close waits for requests until Options.Drain has passed, then cuts them.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.options.Drain)
	defer cancel()
	_ = s.listener.Close()
	s.fresh.close()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
	}
	s.serving.Wait()
	s.uploads.close()
	return s.index.close()
}
