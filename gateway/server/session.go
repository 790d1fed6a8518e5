package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lastmile/gateway/hub"
	"lastmile/shared/realtime"
)

// line is a wire that may fall silent.
type line interface {
	hub.Wire
	Ping()
	LastHeard() time.Time
}

// session is one connection of a client that has said hello.
type session struct {
	server *Server
	line   line
	conn   *hub.Conn
	tag    string // of this connection among those of its client
	who    atomic.Pointer[Identity]
	client realtime.Audience

	slot, index int   // in the wheel, which guards them
	nextPing    int64 // Unix seconds; owned by the keeper, as the next three
	moveAt      int64 // when to ask the client to move
	closeAt     int64 // when to give up asking; 0 until asked

	looking atomic.Bool // whether the session still goes on

	bucket bucket // owned by the goroutine that reads

	mu     sync.Mutex
	topics []realtime.Audience // with roles; guarded by mu
}

// opTimeout bounds whatever a client's frame sets off.
const opTimeout = 5 * time.Second

// begin lets a client in that has said hello. If it must not come in, it has
// been told why, and begin returns nil.
func (s *Server) begin(ctx context.Context, l line, h hello) *session {
	who, err := s.auth.Authenticate(ctx, h.Token)
	if err != nil {
		l.Close(refusal(err))
		return nil
	}
	if s.hub.Count(string(who.Client)) >= s.options.PerClient {
		l.Close(hub.Close{Code: hub.CodeTooMany, Reason: "this client has too many connections"})
		return nil
	}
	if len(h.Topics) > s.options.MaxTopics {
		l.Close(hub.Close{Code: hub.CodeBadFrame, Reason: "too many topics"})
		return nil
	}
	c := s.newSession(l, who)
	if err := c.enter(ctx, h); err != nil {
		s.log.WarnContext(ctx, "client not let in", "client", who.Client.Name(), "error", err)
		c.conn.Close(busy)
		c.end()
		return nil
	}
	if err := s.stillValid(ctx, cmp.Or(who.Token, h.Token)); err != nil {
		c.conn.Close(hub.Close{Code: hub.CodeRevoked, Reason: err.Error()})
		c.end()
		return nil
	}
	s.node.Welcomed()
	return c
}

// stillValid asks once more when the client can be found here: whoever ended its
// session before that did not find it, and has not told it.
func (s *Server) stillValid(ctx context.Context, token string) error {
	if _, err := s.auth.Authenticate(ctx, token); errors.Is(err, ErrUnauthorized) {
		return err
	}
	return nil
}

var busy = hub.Close{Code: hub.CodeBusy, Reason: "try again in a while"}

func refusal(err error) hub.Close {
	if errors.Is(err, ErrUnauthorized) {
		return hub.Close{Code: hub.CodeUnauthorized, Reason: err.Error()}
	}
	return busy
}

func (s *Server) newSession(l line, who Identity) *session {
	now := time.Now()
	c := &session{server: s, line: l, tag: s.newTag(), client: who.Client}
	c.who.Store(&who)
	c.nextPing = now.Add(s.options.Ping).Unix()
	c.moveAt = now.Add(s.options.MaxAge + rand.N(s.options.MaxAge/10+1)).Unix()
	c.conn = s.hub.Open(l, c)
	s.wheel.add(c)
	return c
}

// enter joins the client's own stream, those of its roles and the topics that it
// asks for.
func (c *session) enter(ctx context.Context, h hello) error {
	who := c.who.Load()
	joins := []join{c.join(c.client, h.At.hub())}
	for _, role := range who.Roles {
		joins = append(joins, c.join(realtime.Role(role), h.Topics[realtime.Role(role).Name()].hub()))
	}
	var refused []*hub.Frame
	for name, at := range h.Topics {
		topic, err := c.mayWatch(ctx, name)
		switch {
		case topic.IsRole():
		case err != nil:
			refused = append(refused, outbound("refused", explained{Stream: name, Why: err.Error()}))
		default:
			joins = append(joins, c.join(topic, at.hub()))
		}
	}
	if err := c.attach(ctx, joins...); err != nil {
		return err
	}
	for _, f := range refused {
		c.conn.Send(f)
	}
	return nil
}

// handle acts on one message, and reports whether the connection goes on.
func (c *session) handle(ctx context.Context, message []byte) bool {
	if !c.bucket.take(time.Now(), c.server.options.FrameRate, 2*c.server.options.FrameRate) {
		c.conn.Close(hub.Close{Code: hub.CodeFlood, Reason: "too many frames a second"})
		return false
	}
	var in inbound
	if err := json.Unmarshal(message, &in); err != nil {
		return c.broken("the frame is not as in the protocol")
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	switch {
	case in.Ack != nil:
		c.server.node.Ack(c.client, realtime.Place(in.Ack.hub()))
	case in.Send != nil:
		c.receive(ctx, *in.Send)
	case in.Sub != nil:
		c.subscribe(ctx, *in.Sub)
	case in.Unsub != "":
		c.unsubscribe(ctx, in.Unsub)
	case in.Token != "":
		return c.renew(ctx, in.Token)
	case in.Ping != nil:
		c.conn.Send(outbound("pong", *in.Ping))
	default:
		return c.broken("the frame asks for nothing")
	}
	return true
}

func (c *session) broken(reason string) bool {
	c.conn.Close(hub.Close{Code: hub.CodeBadFrame, Reason: reason})
	return false
}

// receive passes on an event of the client.
func (c *session) receive(ctx context.Context, e upstream) {
	err := errors.New("this gateway takes no events")
	if r := c.server.options.Receiver; r != nil {
		err = r.Receive(ctx, *c.who.Load(), e.Type, e.Data)
	}
	switch {
	case e.ID == "":
	case err != nil:
		c.conn.Send(outbound("failed", explained{ID: e.ID, Why: err.Error()}))
	default:
		c.conn.Send(outbound("done", explained{ID: e.ID}))
	}
}

// renew takes a new token of the same client.
func (c *session) renew(ctx context.Context, token string) bool {
	who, err := c.server.auth.Authenticate(ctx, token)
	old := c.who.Load()
	switch {
	case err != nil && !errors.Is(err, ErrUnauthorized):
		c.conn.Send(outbound("failed", explained{ID: "token", Why: "try again in a while"}))
		return true
	case err != nil:
		c.conn.Close(refusal(err))
		return false
	case who.Client != old.Client || !slices.Equal(who.Roles, old.Roles):
		c.conn.Close(hub.Close{Code: hub.CodeUnauthorized, Reason: "the token is another's: connect anew"})
		return false
	}
	c.who.Store(&who)
	c.conn.Send(outbound("renewed", renewed{Until: until(who)}))
	c.recheck(ctx)
	return true
}

func until(who Identity) int64 {
	if who.Expires.IsZero() {
		return 0
	}
	return who.Expires.Unix()
}

// end takes the session out of everything.
func (c *session) end() {
	c.server.wheel.remove(c)
	c.mu.Lock()
	topics := c.topics
	c.topics = nil
	c.mu.Unlock()
	c.server.hub.Part(c.conn, string(c.client))
	members := []realtime.Member{{To: c.client, Tag: c.tag}}
	for _, t := range topics {
		if tag, last := c.server.hub.Part(c.conn, string(t)); last {
			members = append(members, realtime.Member{To: t, Tag: tag})
		}
	}
	c.server.hub.Forget(c.conn)
	c.server.records.take(note{what: "disconnected", to: c.client, client: c.client})
	if c.server.running.Err() != nil {
		return // the server closes, and leaves for all at once
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.server.running), opTimeout)
	defer cancel()
	if err := c.server.node.Leave(ctx, members...); err != nil {
		c.server.log.WarnContext(ctx, "presence is taken out later", "client", c.client.Name(), "error", err)
	}
}
