// Package rest lets callers wait until a server has nothing left to do.
package rest

import (
	"context"
	"sync"
)

// Room is where callers wait for a server to come to rest. Its zero value is
// ready; it belongs to the server's mutex.
type Room struct {
	changed chan struct{} // closed by Announce; nil while nobody waits
}

// Wait returns when the server is not busy, or ctx ends. It asks under mu, and
// again after each announcement.
func (r *Room) Wait(ctx context.Context, mu sync.Locker, busy func() bool) error {
	for {
		mu.Lock()
		if !busy() {
			mu.Unlock()
			return nil
		}
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		changed := r.changed
		mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Announce has those who wait look again. The mutex is held.
func (r *Room) Announce() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}
