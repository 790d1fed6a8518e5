package server

import (
	"context"
	"errors"
	"slices"

	"lastmile/gateway/hub"
	"lastmile/shared/realtime"
)

// Fleeting is for [Permissions] that follow from what changes, as whose an order is.
type Fleeting interface {
	// Changed says that there is news of a topic, and reports whether those who
	// watch it are to be asked about again. It must not wait.
	Changed(topic realtime.Audience) bool
}

// changed asks again about those who watch a topic of which there is news.
func (s *Server) changed(topic realtime.Audience) {
	f, ok := s.options.Permissions.(Fleeting)
	if !ok || topic.IsClient() || topic.IsRole() || !f.Changed(topic) {
		return
	}
	s.keepers.Go(func() {
		ctx, cancel := context.WithTimeout(s.running, opTimeout)
		defer cancel()
		s.hub.Each(string(topic), func(c *hub.Conn) { c.Owner.(*session).recheckTopic(ctx, topic) })
	})
}

// recheck leaves the topics that the client may not watch any more.
func (c *session) recheck(ctx context.Context) {
	c.mu.Lock()
	topics := slices.Clone(c.topics)
	c.mu.Unlock()
	for _, t := range topics {
		if !t.IsRole() {
			c.recheckTopic(ctx, t)
		}
	}
}

func (c *session) recheckTopic(ctx context.Context, t realtime.Audience) {
	err := c.server.options.Permissions.MayWatch(ctx, *c.who.Load(), t)
	if errors.Is(err, ErrForbidden) && c.unwatch(ctx, t) {
		c.conn.Send(outbound("left", explained{Stream: t.Name(), Why: "no longer allowed"}))
	}
}
