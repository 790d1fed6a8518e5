// Package hub holds the connections of one gateway, and brings frames to them.
//
// It owns who is here what they watch, how far each has come in every
// numbered stream, and what waits for a slow one. It promises that
//   - a frame is encoded once for all who get it, and delivering never waits: an
//     idle connection has no goroutine here, a slow one has one while it is slow;
//   - a numbered frame is sent once and in order, or its gap is reported;
//   - what waits for a connection is bounded: of frames with one key only the
//     newest waits, and whoever falls too far behind is disconnected with a
//     reason and may resume.
//
// It knows neither WebSocket nor Redis.
package hub

import (
	"hash/maphash"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
)

const shards = 64

// Hub is the registry of connections. It is safe for concurrent use.
type Hub struct {
	seed    maphash.Seed
	shards  [shards]shard
	missing func(c *Conn, audience string)
	writers sync.WaitGroup
	targets sync.Pool // of *[]*Conn
	counts  counts
}

type shard struct {
	mu        sync.RWMutex
	audiences map[string]*audience // guarded by mu
}

// audience is who gets what is sent to one name.
type audience struct {
	tag   string // of this gateway as one member; ends with the last connection
	conns []*Conn
}

type counts struct{ conns, sent, repeated, replaced, slow atomic.Int64 }

// Counts are figures of a Hub since it was made, but for Conns, which are now.
type Counts struct{ Conns, Sent, Repeated, Replaced, Slow int64 }

// New returns a Hub. It calls missing, which must not wait, when a connection
// lacks something in a stream: the connection waits for CatchUp.
func New(missing func(c *Conn, audience string)) *Hub {
	h := &Hub{seed: maphash.MakeSeed(), missing: missing}
	for i := range h.shards {
		h.shards[i].audiences = make(map[string]*audience)
	}
	h.targets.New = func() any { return new([]*Conn) }
	return h
}

// Counts returns the figures.
func (h *Hub) Counts() Counts {
	c := &h.counts
	return Counts{c.conns.Load(), c.sent.Load(), c.repeated.Load(), c.replaced.Load(), c.slow.Load()}
}

func (h *Hub) shard(name string) *shard {
	return &h.shards[maphash.String(h.seed, name)%shards]
}

// Open makes a connection known. It is in no audience yet. owner is for the
// caller.
func (h *Hub) Open(w Wire, owner any) *Conn {
	h.counts.conns.Add(1)
	return &Conn{Owner: owner, hub: h, wire: w}
}

// Join puts a connection into an audience, where it waits for its past. tag is
// the name that a first connection gives to this gateway's membership; the one
// that counts is returned.
func (h *Hub) Join(c *Conn, name, tag string) string {
	c.mu.Lock()
	c.streams = append(c.streams, &stream{name: name, catching: true})
	c.mu.Unlock()
	s := h.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.audiences[name]
	if a == nil {
		a = &audience{tag: tag}
		s.audiences[name] = a
	}
	a.conns = append(a.conns, c)
	return a.tag
}

// Part takes a connection out of an audience. If it was the last one, it returns
// the tag of the membership that ended.
func (h *Hub) Part(c *Conn, name string) (tag string, last bool) {
	c.mu.Lock()
	c.streams = slices.DeleteFunc(c.streams, func(s *stream) bool { return s.name == name })
	c.mu.Unlock()
	s := h.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.audiences[name]
	if a == nil {
		return "", false
	}
	i := slices.Index(a.conns, c)
	if i < 0 {
		return "", false
	}
	end := len(a.conns) - 1
	a.conns[i], a.conns[end] = a.conns[end], nil
	a.conns = a.conns[:end]
	if end > 0 {
		return "", false
	}
	delete(s.audiences, name)
	return a.tag, true
}

// Forget ends what Open began, after the connection has parted from everything.
func (h *Hub) Forget(*Conn) { h.counts.conns.Add(-1) }

// Emit sends a frame to an audience, and reports whether anybody is in it.
func (h *Hub) Emit(name string, f *Frame) bool {
	return h.each(name, func(c *Conn) { c.Send(f) })
}

// EmitNumbered sends a frame that has a place in the stream of an audience.
func (h *Hub) EmitNumbered(name string, at Place, f *Frame) bool {
	return h.each(name, func(c *Conn) { c.deliver(name, numbered{at, f}) })
}

// Each calls f for every connection in an audience.
func (h *Hub) Each(name string, f func(*Conn)) bool { return h.each(name, f) }

// each works on a copy, so that a large audience does not keep others out.
func (h *Hub) each(name string, f func(*Conn)) bool {
	targets := h.targets.Get().(*[]*Conn)
	s := h.shard(name)
	s.mu.RLock()
	if a := s.audiences[name]; a != nil {
		*targets = append(*targets, a.conns...)
	}
	s.mu.RUnlock()
	for _, c := range *targets {
		f(c)
	}
	some := len(*targets) > 0
	clear(*targets)
	*targets = (*targets)[:0]
	h.targets.Put(targets)
	return some
}

// Count is the number of connections in an audience.
func (h *Hub) Count(name string) int {
	s := h.shard(name)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if a := s.audiences[name]; a != nil {
		return len(a.conns)
	}
	return 0
}

// Tag returns the tag of this gateway's membership in an audience.
func (h *Hub) Tag(name string) (tag string, ok bool) {
	s := h.shard(name)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if a := s.audiences[name]; a != nil {
		return a.tag, true
	}
	return "", false
}

// Audiences are the names of all audiences with the tags of their memberships.
func (h *Hub) Audiences() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range h.shards {
			for _, m := range h.shards[i].memberships() {
				if !yield(m[0], m[1]) {
					return
				}
			}
		}
	}
}

func (s *shard) memberships() [][2]string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([][2]string, 0, len(s.audiences))
	for name, a := range s.audiences {
		all = append(all, [2]string{name, a.tag})
	}
	return all
}

// Wait returns when no goroutine writes any more: after every wire is closed.
func (h *Hub) Wait() { h.writers.Wait() }
