package main

import (
	"context"
	"net/http"
	"sync"
)

// gate lets calls through until it drains. The framework's own server cannot be
// shut down.
type gate struct {
	next http.Handler

	mu      sync.Mutex
	closed  bool           // guarded by mu
	flights sync.WaitGroup // added to under mu, while not closed
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		w.Header().Set("Connection", "close")
		w.Header().Set("Retry-After", "1")
		http.Error(w, "shutting down; call again", http.StatusServiceUnavailable)
		return
	}
	defer g.flights.Done()
	g.next.ServeHTTP(w, r)
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.flights.Add(1)
	return true
}

// drain closes the gate and waits for the calls inside, until ctx ends.
func (g *gate) drain(ctx context.Context) {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	done := make(chan struct{})
	go func() {
		g.flights.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
