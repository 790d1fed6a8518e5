package server

import (
	"context"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"lastmile/gateway/hub"
	"lastmile/shared/realtime"
)

// host is the Server as [realtime.Host].
type host struct{ *Server }

// Deliver implements realtime.Host.
func (h host) Deliver(d realtime.Delivery) bool {
	name := string(d.To)
	switch d.Op {
	case realtime.Durable:
		here := h.hub.EmitNumbered(name, hub.Place{Epoch: d.Epoch, Number: d.Number}, numbered(d))
		if here {
			h.records.take(note{what: "delivered", to: d.To, frame: d.Frame})
			h.changed(d.To)
		}
		return here
	case realtime.Latest:
		return h.hub.Emit(name, hub.NewFrame(d.Frame, name+"\n"+d.Key))
	case realtime.Disconnect:
		return h.disconnect(name, d.Session, d.Key)
	case realtime.Unsubscribe:
		return h.revoke(name, d.Key)
	}
	return false
}

// numbered is the frame of a durable event.
func numbered(d realtime.Delivery) *hub.Frame {
	f := hub.NewFrame(d.Frame, "")
	f.Sum = realtime.Sum(d.Frame)
	return f
}

// disconnect ends the connections of a client's session, or all if that is empty.
func (h host) disconnect(client, signIn, reason string) bool {
	return h.hub.Each(client, func(c *hub.Conn) {
		if signIn == "" || c.Owner.(*session).who.Load().Session == signIn {
			c.Close(hub.Close{Code: hub.CodeRevoked, Reason: reason})
		}
	})
}

// revoke takes a topic from a client. Leaving waits for Redis, so it is not done here.
func (h host) revoke(client, topic string) bool {
	t, err := realtime.ParseTopic(topic)
	if err != nil {
		return true
	}
	return h.hub.Each(client, func(c *hub.Conn) {
		c.Send(outbound("left", explained{Stream: topic, Why: "no longer allowed"}))
		h.keepers.Go(func() {
			ctx, cancel := context.WithTimeout(h.running, opTimeout)
			defer cancel()
			c.Owner.(*session).unwatch(ctx, t)
		})
	})
}

// Members implements realtime.Host.
func (h host) Members() iter.Seq2[realtime.Audience, string] {
	return func(yield func(realtime.Audience, string) bool) {
		for name, tag := range h.hub.Audiences() {
			if !strings.HasPrefix(name, "c/") && !yield(realtime.Audience(name), tag) {
				return
			}
		}
		more := true
		h.wheel.each(func(c *session) { more = more && yield(c.client, c.tag) })
	}
}

// Interrupted implements realtime.Host.
func (h host) Interrupted(leaseLost bool) {
	if leaseLost {
		h.wheel.each(func(c *session) {
			c.conn.Send(outbound("move", move{rand.Int64N(2000), "this instance lost touch"}))
			c.conn.Close(hub.Close{Code: hub.CodeMoved, Reason: "this instance lost touch: connect again and resume"})
		})
		return
	}
	h.keepers.Go(func() {
		h.wheel.each(func(c *session) {
			for _, name := range c.streams() {
				select {
				case h.lacking <- lack{c.conn, name}:
				case <-h.running.Done():
				}
			}
		})
	})
}

func (c *session) streams() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := []string{string(c.client)}
	for _, t := range c.topics {
		names = append(names, string(t))
	}
	return names
}

// lack is a connection that misses something in a stream.
type lack struct {
	conn *hub.Conn
	name string
}

const (
	maxLacking = 4096 // beyond that clients are sent away, to resume later
	catchers   = 8
	catchTries = 10
)

// missing is told by the hub.
func (s *Server) missing(c *hub.Conn, name string) {
	select {
	case s.lacking <- lack{c, name}:
	default:
		s.keepers.Go(func() { c.Close(busy) }) // not here: the hub holds the connection's lock
	}
}

func (s *Server) catchUpAll() {
	for {
		select {
		case l := <-s.lacking:
			s.catchUp(l)
		case <-s.running.Done():
			return
		}
	}
}

// catchUp brings a stream up to date; a connection for which that does not
// succeed is sent away, to resume later.
func (s *Server) catchUp(l lack) {
	for try := range catchTries {
		ctx, cancel := context.WithTimeout(s.running, opTimeout)
		done := s.catchUpOnce(ctx, l)
		cancel()
		if done {
			return
		}
		select {
		case <-time.After(time.Duration(try+1) * (10*time.Millisecond + rand.N(20*time.Millisecond))):
		case <-s.running.Done():
			return
		}
	}
	l.conn.Close(busy)
}

func (s *Server) catchUpOnce(ctx context.Context, l lack) bool {
	at, seen, here := l.conn.Place(l.name)
	if !here {
		return true
	}
	c := l.conn.Owner.(*session)
	to := realtime.Audience(l.name)
	tag := c.tag
	if !to.IsClient() {
		if tag, here = s.hub.Tag(l.name); !here {
			return true
		}
	}
	replays, err := s.attach(ctx, l.conn, realtime.Member{To: to, Tag: tag, From: realtime.Place(at), Seen: seen})
	if err != nil {
		return false
	}
	return l.conn.CatchUp(l.name, pastOf(to, replays[0]))
}
