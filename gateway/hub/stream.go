package hub

// stream is how far a connection has come in what one audience is sent.
type stream struct {
	name     string // of the audience
	place    Place
	sum      string     // of the frame that was sent there, if one was
	catching bool       // its past is on its way; what is new waits
	waiting  []numbered // guarded by the Conn's mu, as all of it
	missed   bool       // more came than may wait
	more     bool       // there is more of its past than may wait: ask for that when the rest has gone
}

// Place is a place in a numbered stream.
type Place struct {
	Epoch  string
	Number uint64
}

type numbered struct {
	place Place
	frame *Frame
}

// stream returns the stream of that name, or nil. There are few, most often one;
// mu is held.
func (c *Conn) stream(name string) *stream {
	for _, s := range c.streams {
		if s.name == name {
			return s
		}
	}
	return nil
}

// maxCatching is how much may wait for the past; beyond that it is fetched once more.
const maxCatching = 256

// deliver takes a numbered frame: what has been sent is dropped, what comes too
// early means that something is missing.
func (c *Conn) deliver(audience string, n numbered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stream(audience)
	if s == nil {
		return
	}
	if s.catching {
		if len(s.waiting) < maxCatching {
			s.waiting = append(s.waiting, n)
		} else {
			s.missed = true
		}
		return
	}
	if !c.advance(s, n) {
		s.catching, s.waiting = true, append(s.waiting, n)
		c.hub.missing(c, audience)
	}
}

// advance sends n if it is the next one, and reports false if there is a gap
// before it; mu is held.
func (c *Conn) advance(s *stream, n numbered) bool {
	switch {
	case n.place.Epoch != s.place.Epoch || n.place.Number > s.place.Number+1:
		return false
	case n.place.Number <= s.place.Number:
		c.hub.counts.repeated.Add(1)
		return true
	}
	s.place, s.sum = n.place, n.frame.Sum
	c.send(n.frame)
	return true
}

// Past is what a connection missed in a stream.
type Past struct {
	From    Place
	Missed  []*Frame // numbered from From.Number + 1
	Opening []*Frame // go first: they tell the client where it is
}

// Place returns how far the connection has come in a stream, with the sum of the
// last frame if it was sent one, and makes it wait for its past from now on.
func (c *Conn) Place(audience string) (at Place, sum string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stream(audience)
	if s == nil {
		return Place{}, "", false
	}
	s.catching = true
	return s.place, s.sum, true
}

// release sends what waited for the past, and reports whether nothing is missing.
// What waits from another epoch is forgotten: either it is older than the past,
// or the next past has it. mu is held.
func (c *Conn) release(s *stream) bool {
	complete := !s.missed
	s.missed = false
	for i, n := range s.waiting {
		if n.place.Epoch != s.place.Epoch {
			complete = false
			continue
		}
		if !c.advance(s, n) {
			s.waiting = s.waiting[i:]
			return false
		}
	}
	s.waiting = nil
	return complete
}

// In reports whether the connection is in an audience.
func (c *Conn) In(audience string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stream(audience) != nil
}

// CatchUp sends the past of a stream and what came meanwhile, and reports
// whether that was all: if not, its place and past are needed again. Of a past
// that is too much for the connection at once it sends a part, and asks for the
// rest by itself later. Without an Opening, what has been sent since the past was
// looked up is not sent again.
func (c *Conn) CatchUp(audience string, p Past) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stream(audience)
	if s == nil {
		return true
	}
	for _, f := range p.Opening {
		c.send(f)
	}
	behind := s.place.Epoch == p.From.Epoch && p.From.Number < s.place.Number
	if s.place != p.From && (!behind || len(p.Opening) > 0) {
		s.place, s.sum = p.From, ""
	}
	if s.more = !c.sendPast(s, p); s.more {
		return true
	}
	s.catching = !c.release(s)
	return !s.catching
}

// sendPast reports whether all could be sent; mu is held.
func (c *Conn) sendPast(s *stream, p Past) bool {
	for i, f := range p.Missed {
		if c.queue.bytes > maxPast && c.closing == nil {
			return false
		}
		c.advance(s, numbered{Place{p.From.Epoch, p.From.Number + uint64(i) + 1}, f})
	}
	return true
}

// askForMore asks for the rest of what did not fit; mu is held.
func (c *Conn) askForMore() {
	for _, s := range c.streams {
		if s.more {
			s.more = false
			c.hub.missing(c, s.name)
		}
	}
}
