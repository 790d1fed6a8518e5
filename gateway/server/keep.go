package server

import (
	"context"
	"math/rand/v2"
	"time"

	"lastmile/gateway/hub"
)

const (
	wheelSlots  = 10
	wheelRound  = 5 * time.Second // in which every session is looked at once
	moveGrace   = time.Minute     // for a client to go when it is asked to move
	supersedes  = time.Minute     // that another revision must count before clients are moved there
	moveSpread  = 2 * time.Minute // over which they are moved
	drainSpread = 5 * time.Second // over which clients are moved at a drain
	drainClose  = 7 * time.Second // when those who did not go are disconnected
)

// keep looks after all sessions, in turn.
func (s *Server) keep() {
	t := time.NewTicker(wheelRound / wheelSlots)
	defer t.Stop()
	for {
		select {
		case now := <-t.C:
			s.follow(now)
			s.wheel.turn(func(c *session) { c.visit(now) })
		case <-s.running.Done():
			return
		}
	}
}

// follow moves clients to a newer revision once that has counted for a while.
func (s *Server) follow(now time.Time) {
	switch {
	case !s.node.Superseded():
		s.superseded = time.Time{}
	case s.superseded.IsZero():
		s.superseded = now
	case now.Sub(s.superseded) >= supersedes:
		s.superseded = now.Add(24 * time.Hour)
		s.wheel.each(func(c *session) { c.moveAt = min(c.moveAt, now.Add(rand.N(moveSpread)).Unix()) })
	}
}

// visit does what is due for a session.
func (c *session) visit(now time.Time) {
	who, at := c.who.Load(), now.Unix()
	if who.Token != "" {
		c.look(now)
	}
	switch {
	case who.Token == "" && !who.Expires.IsZero() && now.After(who.Expires):
		c.conn.Close(hub.Close{Code: hub.CodeUnauthorized, Reason: "the token has expired: connect with a new one"})
	case now.Sub(c.line.LastHeard()) > 2*c.server.options.Ping+wheelRound:
		c.conn.Close(hub.Close{Code: hub.CodeGone, Reason: "silent"})
	case c.closeAt != 0 && at >= c.closeAt:
		c.conn.Close(hub.Close{Code: hub.CodeMoved, Reason: "connect again and resume"})
	case c.closeAt == 0 && at >= c.moveAt:
		c.closeAt = now.Add(moveGrace).Unix()
		c.conn.Send(outbound("move", move{0, "this connection is old"}))
	case at >= c.nextPing:
		c.nextPing = now.Add(c.server.options.Ping).Unix()
		c.line.Ping()
	}
}

// Drain asks all clients to move, spread over some seconds, and returns when they
// are gone, or are disconnected. It takes no new ones. Then Close.
func (s *Server) Drain(ctx context.Context) {
	s.draining.Store(true)
	s.wheel.each(func(c *session) {
		c.conn.Send(outbound("move", move{rand.N(drainSpread).Milliseconds(), "this instance ends"}))
	})
	patient, cancel := context.WithTimeout(ctx, drainClose)
	defer cancel()
	if wait(patient, &s.sessions) == nil {
		return
	}
	s.wheel.each(func(c *session) {
		c.conn.Close(hub.Close{Code: hub.CodeMoved, Reason: "this instance ends: connect again and resume"})
	})
}
