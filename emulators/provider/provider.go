// Package provider emulates the API of a shop's catalogue provider: a
// deterministic catalogue of any size, or real products, served in four styles
// as real APIs serve them.
//
//	/offset/products?limit&offset                 total in the body
//	/pages/products?per_page&page                 items at the top, total in X-WP-Total
//	/cursor/products?first&after                  nested items, next cursor in page_info
//	/window/products?updated_from&updated_to      items by time of update, with a cursor
//	/images/{id}.png                              a picture of each product
//	/control                                      GET, POST and DELETE faults, for people
//
// It promises that all styles tell of the same products, that nothing is served
// without the key, and that it misbehaves exactly as asked (see [Fault]).
package provider

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options are what a provider may be told; the zero value serves 1,000
// products on a free loopback port.
type Options struct {
	Addr     string // "" is 127.0.0.1:0
	Seed     uint64
	Items    int              // how many products; 0 is 1,000
	Products []byte           // real products to serve instead, a JSON list as in bestbuy-open
	Key      string           // "" is "provider-demo"
	Now      func() time.Time // nil is time.Now
}

// Server is a running provider.
type Server struct {
	key     string
	addr    string
	shelf   *shelf
	faults  faults
	counts  counts
	http    *http.Server
	serving sync.WaitGroup
}

// Start returns a provider that answers.
func Start(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Key == "" {
		o.Key = "provider-demo"
	}
	shelf, err := newShelf(o)
	if err != nil {
		return nil, fmt.Errorf("start provider: %w", err)
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start provider: %w", err)
	}
	s := &Server{key: o.Key, addr: listener.Addr().String(), shelf: shelf}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	s.serving.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// Addr returns the host and port that it listens on.
func (s *Server) Addr() string { return s.addr }

// URL returns where the API begins.
func (s *Server) URL() string { return "http://" + s.addr }

// Key returns what a client must send; its header is in the settings of each style.
func (s *Server) Key() string { return s.key }

// Close drains for a second, then ends what is left, and waits.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	s.serving.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, style := range styles {
		mux.Handle("GET "+style.path, s.serve(style))
	}
	mux.HandleFunc("GET /images/{name}", s.image)
	mux.HandleFunc("GET /control", s.showFaults)
	mux.HandleFunc("POST /control", s.addFault)
	mux.HandleFunc("DELETE /control", s.clearFaults)
	return mux
}
