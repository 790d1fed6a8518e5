package pubsub

import (
	"context"
	"sync"
)

// crew owns the goroutines of a server. Once closed it takes on no more, and
// its context ends.
type crew struct {
	ctx    context.Context // of all work; ends with close
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	group  sync.WaitGroup
}

func newCrew() *crew {
	c := &crew{}
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

func (c *crew) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
}

func (c *crew) wait() { c.group.Wait() }
