package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lastmile/gateway/hub"
	"lastmile/shared/realtime"
)

// join is a stream that a session enters.
type join struct {
	realtime.Member
}

// join makes the session wait for its past in a stream.
func (c *session) join(to realtime.Audience, at hub.Place) join {
	tag := c.tag
	if !to.IsClient() {
		c.mu.Lock()
		c.topics = append(c.topics, to)
		c.mu.Unlock()
		tag = c.server.newTag()
	}
	joined := c.server.hub.Join(c.conn, string(to), tag)
	if !to.IsClient() {
		tag = joined
	}
	return join{realtime.Member{To: to, Tag: tag, From: realtime.Place(at)}}
}

// attach tells the other instances, and brings each stream its past.
func (c *session) attach(ctx context.Context, joins ...join) error {
	members := make([]realtime.Member, len(joins))
	for i, j := range joins {
		members[i] = j.Member
	}
	replays, err := c.server.attach(ctx, c.conn, members...)
	if err != nil {
		return err
	}
	for i, r := range replays {
		to := members[i].To
		c.note(to, r)
		past := pastOf(to, r)
		past.Opening = append([]*hub.Frame{c.opening(to, past.From)}, past.Opening...)
		if !c.conn.CatchUp(string(to), past) {
			c.server.missing(c.conn, string(to))
		}
	}
	return nil
}

// note leaves records of what the client watches from now on, and of what it
// missed there.
func (c *session) note(to realtime.Audience, r realtime.Replay) {
	what := "watches"
	if to.IsClient() {
		what = "connected"
	}
	c.server.records.take(note{what: what, to: to, client: c.client})
	for _, d := range r.Missed {
		c.server.records.take(note{what: "delivered late", to: to, client: c.client, frame: d.Frame})
	}
}

// attach enters members, and takes out again who left meanwhile: its leaving may
// have come first.
func (s *Server) attach(ctx context.Context, conn *hub.Conn, members ...realtime.Member) ([]realtime.Replay, error) {
	replays, err := s.node.Attach(ctx, members...)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if !s.holds(conn, m) {
			err = errors.Join(err, s.node.Leave(ctx, m))
		}
	}
	return replays, err
}

// holds reports whether a membership of a connection still stands.
func (s *Server) holds(conn *hub.Conn, m realtime.Member) bool {
	if m.To.IsClient() {
		return conn.In(string(m.To))
	}
	tag, ok := s.hub.Tag(string(m.To))
	return ok && tag == m.Tag
}

// opening tells the client where it is in a stream.
func (c *session) opening(to realtime.Audience, at hub.Place) *hub.Frame {
	where := place{at.Epoch, at.Number}
	if to.IsClient() {
		return outbound("welcome", welcome{Client: to.Name(), place: where, Ping: int(c.server.options.Ping.Seconds()), Until: until(*c.who.Load())})
	}
	return outbound("joined", streamed{to.Name(), where})
}

// pastOf is what a replay means for a connection. Where the log does not reach,
// the client is told to fetch anew.
func pastOf(to realtime.Audience, r realtime.Replay) hub.Past {
	past := hub.Past{From: hub.Place{Epoch: r.Newest.Epoch, Number: r.From}}
	if r.Gap {
		past.Opening = append(past.Opening, outbound("resync", streamed{streamName(to), place(past.From)}))
	}
	for _, d := range r.Missed {
		past.Missed = append(past.Missed, numbered(d))
	}
	return past
}

// streamName is how frames name a stream; a client's own has no name.
func streamName(to realtime.Audience) string {
	if to.IsClient() {
		return ""
	}
	return to.Name()
}

// mayWatch checks the name and the permission.
func (c *session) mayWatch(ctx context.Context, name string) (realtime.Audience, error) {
	topic, err := realtime.ParseTopic(name)
	switch {
	case err != nil:
		return topic, errors.New("the topic must be of the form kind:id")
	case topic.IsRole():
		return topic, fmt.Errorf("%w: roles come with the token", ErrForbidden)
	}
	err = c.server.options.Permissions.MayWatch(ctx, *c.who.Load(), topic)
	if err != nil && !errors.Is(err, ErrForbidden) {
		c.server.log.WarnContext(ctx, "permission unknown", "client", c.client.Name(), "topic", name, "error", err)
		return topic, errors.New("try again in a while")
	}
	return topic, err
}

func (c *session) subscribe(ctx context.Context, sub subscribe) {
	topic, err := c.mayWatch(ctx, sub.Topic)
	c.mu.Lock()
	twice, full := slices.Contains(c.topics, topic), len(c.topics) >= c.server.options.MaxTopics
	c.mu.Unlock()
	switch {
	case err != nil:
	case twice:
		err = errors.New("it is watched already")
	case full:
		err = fmt.Errorf("at most %d topics", c.server.options.MaxTopics)
	default:
		if c.attach(ctx, c.join(topic, sub.At.hub())) == nil {
			return
		}
		c.unwatch(ctx, topic)
		err = errors.New("try again in a while")
	}
	c.conn.Send(outbound("refused", explained{Stream: sub.Topic, Why: err.Error()}))
}

func (c *session) unsubscribe(ctx context.Context, name string) {
	if topic, err := realtime.ParseTopic(name); err == nil && !topic.IsRole() {
		c.unwatch(ctx, topic)
	}
	c.conn.Send(outbound("left", explained{Stream: name}))
}

// unwatch takes a topic from the session, and this instance out of it if it was
// the last one. It reports whether the session had it.
func (c *session) unwatch(ctx context.Context, topic realtime.Audience) bool {
	c.mu.Lock()
	i := slices.Index(c.topics, topic)
	if i >= 0 {
		c.topics = slices.Delete(c.topics, i, i+1)
	}
	c.mu.Unlock()
	if i < 0 {
		return false
	}
	tag, last := c.server.hub.Part(c.conn, string(topic))
	if !last {
		return true
	}
	if err := c.server.node.Leave(ctx, realtime.Member{To: topic, Tag: tag}); err != nil {
		c.server.log.WarnContext(ctx, "topic is left later", "topic", topic.Name(), "error", err)
	}
	return true
}
