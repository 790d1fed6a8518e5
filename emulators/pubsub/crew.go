package pubsub

import (
	"context"
	"sync"
	"time"
)

// crew owns the goroutines of a server.
type crew struct {
	ctx     context.Context // of all work; ends when finish loses patience
	cancel  context.CancelFunc
	closing chan struct{} // closed when finish begins

	mu     sync.Mutex
	closed bool
	group  sync.WaitGroup
}

func newCrew() *crew {
	c := &crew{closing: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Go runs f in a goroutine and reports whether it does.
func (c *crew) Go(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.group.Go(f)
	}
	return !c.closed
}

// finish takes on no more work and waits for what is under way, which it cancels after
// the given patience.
func (c *crew) finish(patience time.Duration) {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	close(c.closing)
	hurry := time.AfterFunc(patience, c.cancel)
	c.group.Wait()
	hurry.Stop()
	c.cancel()
}
