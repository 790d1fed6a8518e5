package cataloghttp

import (
	"context"
	"sync"
	"time"
)

// gate makes us polite to one host: so many requests at once, and none while
// it asked for a pause.
type gate struct {
	mu     sync.Mutex
	busy   int           // guarded by mu
	until  time.Time     // end of the pause; guarded by mu
	change chan struct{} // closed when busy falls; guarded by mu
	users  int           // guarded by gates.mu
}

// acquire waits for a place among limit. The limit may change from call to
// call, as settings do.
func (g *gate) acquire(ctx context.Context, limit int) error {
	for {
		change, pause := g.try(max(1, limit))
		if change == nil {
			return nil
		}
		if err := wait(ctx, change, pause); err != nil {
			return err
		}
	}
}

// try takes a place, or says what to wait for: a change, or the end of a pause.
func (g *gate) try(limit int) (change chan struct{}, pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	pause = time.Until(g.until)
	if pause <= 0 && g.busy < limit {
		g.busy++
		return nil, 0
	}
	if g.change == nil {
		g.change = make(chan struct{})
	}
	return g.change, pause
}

// wait returns at a change, or when a pause is over.
func wait(ctx context.Context, change <-chan struct{}, pause time.Duration) error {
	if pause > 0 {
		return sleep(ctx, pause)
	}
	select {
	case <-change:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy--
	if g.change != nil {
		close(g.change)
		g.change = nil
	}
}

// pause keeps everybody from the host; the longest pause counts.
func (g *gate) pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(d); until.After(g.until) {
		g.until = until
	}
}

// gates holds a gate for each host that is being asked, and forgets the others.
type gates struct {
	mu sync.Mutex
	of map[string]*gate // guarded by mu
}

func (gs *gates) enter(host string) *gate {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.of[host]
	if g == nil {
		g = &gate{}
		if gs.of == nil {
			gs.of = map[string]*gate{}
		}
		gs.of[host] = g
	}
	g.users++
	return g
}

func (gs *gates) leave(host string) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.of[host]
	if g.users--; g.users == 0 && !g.paused() {
		delete(gs.of, host)
	}
}

func (g *gate) paused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.until)
}
