package realtime

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// inbox is how a message gets to an instance.
type inbox interface {
	// channel is the command that hands a message over, for scripts too, and the
	// prefix of its key in a partition: the name of the instance follows.
	channel(partition int) (verb, prefix string)
	// open begins to receive what is handed to an instance. What was handed over
	// before that may be lost.
	open(ctx context.Context, instance string) (receiver, error)
}

// receiver is an open inbox.
type receiver interface {
	// receive waits for a message, "" if none came for inboxWait. After an error
	// the receiver is of no more use, and messages may have been lost.
	receive(ctx context.Context) (string, error)
	// Close may be called while receive waits.
	Close() error
}

const (
	inboxWait   = time.Second
	openTimeout = 5 * time.Second
)

// send hands a message over by way of a pipeline; the answer is 0 if nobody took it.
func send(ctx context.Context, p redis.Pipeliner, in inbox, to Audience, instance string, message []byte) *redis.Cmd {
	verb, prefix := in.channel(partition(to))
	cmd := p.Do(ctx, verb, prefix+instance, message)
	if verb == "RPUSH" {
		p.Expire(ctx, prefix+instance, listLife)
	}
	return cmd
}

// pickInbox probes what Redis can do. Sharded channels cost it less, but a
// cluster would need a connection for every partition, so there it is plain ones.
func pickInbox(ctx context.Context, r redis.UniversalClient, keys keyspace, lists bool) (inbox, error) {
	if lists {
		return &listInbox{redis: r, keys: keys}, nil
	}
	c := &channelInbox{redis: r, keys: keys, verb: "PUBLISH"}
	if _, single := r.(*redis.Client); !single {
		return c, nil
	}
	err := r.SPublish(ctx, keys.in(0, "probe", ""), "").Err()
	if err == nil {
		c.verb = "SPUBLISH"
		return c, nil
	}
	if isReply(err) {
		return c, nil
	}
	return nil, unavailable(err)
}

// isReply tells an answer of Redis from a failure to reach it.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// channelInbox is a channel for each partition of an instance.
type channelInbox struct {
	redis redis.UniversalClient
	keys  keyspace
	verb  string
}

func (c *channelInbox) channel(partition int) (verb, prefix string) {
	return c.verb, c.keys.in(partition, "c:", "")
}

func (c *channelInbox) open(ctx context.Context, instance string) (receiver, error) {
	names := make([]string, partitions)
	for p := range names {
		names[p] = c.keys.in(p, "c:", instance)
	}
	subscribe := c.redis.Subscribe
	if c.verb == "SPUBLISH" {
		subscribe = c.redis.SSubscribe
	}
	s := &subscription{subscribe(ctx, names...)}
	if err := s.confirmed(ctx); err != nil {
		_ = s.Close()
		return nil, unavailable(err)
	}
	return s, nil
}

// subscription receives from channels.
type subscription struct{ channels *redis.PubSub }

func (s *subscription) confirmed(ctx context.Context) error {
	for missing := partitions; missing > 0; missing-- {
		if _, err := s.channels.ReceiveTimeout(ctx, openTimeout); err != nil {
			return err
		}
	}
	return nil
}

func (s *subscription) receive(ctx context.Context) (string, error) {
	got, err := s.channels.ReceiveTimeout(ctx, inboxWait)
	if isTimeout(err) && ctx.Err() == nil {
		return "", nil
	}
	if err != nil {
		return "", unavailable(err)
	}
	if m, ok := got.(*redis.Message); ok {
		return m.Payload, nil
	}
	return "", nil
}

func (s *subscription) Close() error { return s.channels.Close() }

// listInbox is a list for each instance, for a Redis of one node whose channels
// are not to be had. What is on it survives a lost connection.
type listInbox struct {
	redis redis.UniversalClient
	keys  keyspace
}

func (l *listInbox) channel(int) (verb, prefix string) { return "RPUSH", l.keys.prefix + "q:" }

func (l *listInbox) open(_ context.Context, instance string) (receiver, error) {
	_, prefix := l.channel(0)
	return &queue{redis: l.redis, key: prefix + instance}, nil
}

// queue receives from a list. Owned by one goroutine.
type queue struct {
	redis   redis.UniversalClient
	key     string
	waiting []string // taken from the list, the next one first
}

const listBatch = 64

func (q *queue) receive(ctx context.Context) (string, error) {
	if len(q.waiting) == 0 {
		_, got, err := q.redis.BLMPop(ctx, inboxWait, "left", listBatch, q.key).Result()
		if isReply(err) && !errors.Is(err, redis.Nil) {
			got, err = q.one(ctx)
		}
		if err := unavailable(err); err != nil {
			return "", err
		}
		q.waiting = got
	}
	if len(q.waiting) == 0 {
		return "", nil
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	return next, nil
}

// one is for a Redis that cannot pop many.
func (q *queue) one(ctx context.Context) ([]string, error) {
	got, err := q.redis.BLPop(ctx, inboxWait, q.key).Result()
	if len(got) == 2 {
		got = got[1:]
	}
	return got, err
}

// Close wakes receive; what it wakes it with goes away by itself.
func (q *queue) Close() error {
	ctx := context.Background()
	_, err := q.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.RPush(ctx, q.key, "")
		p.Expire(ctx, q.key, inboxWait)
		return nil
	})
	return unavailable(err)
}
