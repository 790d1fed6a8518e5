package hub

import (
	"sync"
	"time"
)

// Wire writes to one client. Encode must give the same for every wire of a format.
type Wire interface {
	Format() Format
	Encode(text []byte) []byte
	// TryWrite writes what it can of b without waiting.
	TryWrite(b []byte) (int, error)
	// WriteAll writes all, or fails when the client has not taken it by then.
	WriteAll(batch [][]byte, by time.Time) error
	// Close tells the client why, as far as it can, and ends the connection soon.
	// It does not wait.
	Close(c Close)
}

// Close is why a connection ends.
type Close struct {
	Code   int
	Reason string
}

// writeTimeout is how far a connection may fall behind.
const writeTimeout = 5 * time.Second

// Conn is one client's connection: what waits for it, and how far it has come in
// each stream.
type Conn struct {
	Owner any // of whoever opened it; never changes

	hub  *Hub
	wire Wire

	mu       sync.Mutex
	queue    queue
	draining bool // a goroutine writes
	closing  *Close
	streams  []*stream // guarded by mu
}

// Send sends a frame, or queues it. It does not wait.
func (c *Conn) Send(f *Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(f)
}

// send is Send; mu is held. While nothing waits, the frame goes straight to the
// wire; what the wire does not take is left to a goroutine.
func (c *Conn) send(f *Frame) {
	if c.closing != nil {
		return
	}
	c.hub.counts.sent.Add(1)
	if !c.draining {
		b := f.as(c.wire)
		n, err := c.wire.TryWrite(b)
		if err != nil {
			c.end(Close{CodeGone, "cannot write"})
			return
		}
		if n == len(b) {
			return
		}
		c.queue.first = b[n:]
		c.drain()
		return
	}
	fits, replaced := c.queue.push(f, c.wire)
	if replaced {
		c.hub.counts.replaced.Add(1)
	}
	if !fits {
		c.hub.counts.slow.Add(1)
		c.queue.clear()
		c.end(Close{CodeSlow, "too slow: connect again and resume"})
	}
}

// drain starts the goroutine that writes what waits; mu is held.
func (c *Conn) drain() {
	c.draining = true
	c.hub.writers.Go(c.write)
}

func (c *Conn) write() {
	for {
		c.mu.Lock()
		if c.queue.empty() {
			c.rest()
			c.mu.Unlock()
			return
		}
		batch := c.queue.take(c.wire)
		c.mu.Unlock()
		if err := c.wire.WriteAll(batch, time.Now().Add(writeTimeout)); err != nil {
			c.fail()
			return
		}
	}
}

// rest is when nothing waits any more; mu is held.
func (c *Conn) rest() {
	c.draining = false
	if c.closing != nil {
		c.wire.Close(*c.closing)
		return
	}
	c.askForMore()
}

// fail ends a connection that did not take what was written.
func (c *Conn) fail() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = false
	why := Close{CodeSlow, "too slow: connect again and resume"}
	if c.closing != nil {
		why = *c.closing
	} else {
		c.hub.counts.slow.Add(1)
		c.closing = &why
	}
	c.queue = queue{}
	c.wire.Close(why)
}

// Close ends the connection after what waits for it; the first reason counts.
func (c *Conn) Close(why Close) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(why)
}

// end is Close; mu is held.
func (c *Conn) end(why Close) {
	if c.closing != nil {
		return
	}
	c.closing = &why
	if !c.draining {
		c.wire.Close(why)
	}
}
