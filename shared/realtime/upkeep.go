package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// renew keeps the members that are here from running out.
func (n *Node) renew(ctx context.Context) error {
	const most = 500
	l := n.life.Load()
	if l == nil {
		return nil
	}
	members := make([]Member, 0, most)
	for a, tag := range n.host.Members() {
		members = append(members, Member{To: a, Tag: tag})
	}
	for len(members) > 0 {
		some := members[:min(most, len(members))]
		if err := n.renewSome(ctx, l, some); err != nil {
			return err
		}
		members = members[len(some):]
	}
	return nil
}

// renewSome never enters anybody: whoever left meanwhile stays out.
func (n *Node) renewSome(ctx context.Context, l *life, members []Member) error {
	until := n.pub.options.Now().Add(n.options.Presence)
	_, err := n.pub.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, m := range members {
			key := n.pub.keys.presence(m.To)
			p.ZAddXX(ctx, key, redis.Z{Score: float64(until.UnixMilli()), Member: l.name + "|" + m.Tag})
			p.PExpireAt(ctx, key, until)
		}
		return nil
	})
	return unavailable(err)
}

// fenceLife is longer than anything of an instance can be under way.
const fenceLife = 10 * time.Minute

// reap cleans up after instances whose lease is over. Whoever does is left alone
// with it for a while.
func (n *Node) reap(ctx context.Context) error {
	const most = 10
	now := n.pub.options.Now()
	k := n.pub.keys
	got, err := n.pub.pipes.run(ctx, n.pub.scripts.condemn, []string{k.live(), k.dead()}, millis(now), millis(now.Add(2*n.options.Lease)), most)
	if err != nil {
		return err
	}
	var errs []error
	for i := range got {
		instance := got.text(i)
		err := n.clean(ctx, instance)
		if err == nil {
			err = unavailable(n.pub.redis.ZRem(ctx, k.dead(), instance).Err())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// bury ends the lease of an instance, and has it cleaned up after by anybody.
func (n *Node) bury(ctx context.Context, instance string) error {
	k := n.pub.keys
	_, err := n.pub.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.ZRem(ctx, k.live(), instance)
		p.ZAdd(ctx, k.dead(), redis.Z{Member: instance})
		return nil
	})
	return unavailable(err)
}

// resign ends the lease of an instance that has been cleaned up after.
func (n *Node) resign(ctx context.Context, instance string) error {
	return unavailable(n.pub.redis.ZRem(ctx, n.pub.keys.live(), instance).Err())
}

// clean takes all that an instance held out of Redis. Nothing that the instance
// had under way enters any more, however late it arrives.
func (n *Node) clean(ctx context.Context, instance string) error {
	members, err := n.fenceOff(ctx, instance)
	if err == nil {
		err = n.leave(ctx, instance, members)
	}
	if verb, prefix := n.pub.inbox.channel(0); err == nil && verb == "RPUSH" {
		err = unavailable(n.pub.redis.Del(ctx, prefix+instance).Err())
	}
	if err != nil {
		return fmt.Errorf("clean up after %s: %w", instance, err)
	}
	return nil
}

// fenceOff returns what an instance holds, to which nothing is added from here on.
func (n *Node) fenceOff(ctx context.Context, instance string) ([]Member, error) {
	answers := make([]*redis.StringSliceCmd, partitions)
	_, err := n.pub.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range answers {
			p.Set(ctx, n.pub.keys.fence(i, instance), 1, fenceLife)
			answers[i] = p.SMembers(ctx, n.pub.keys.held(i, instance))
		}
		return nil
	})
	var members []Member
	for _, a := range answers {
		for _, name := range a.Val() {
			members = append(members, Member{To: Audience(name)})
		}
	}
	return members, unavailable(err)
}

// ackEvery is how often acknowledgements go to Redis.
const ackEvery = 250 * time.Millisecond

// acks are the newest acknowledgements that Redis does not have yet.
type acks struct {
	mu     sync.Mutex
	latest map[Audience]Place // guarded by mu
}

// Ack notes that a client has everything up to a place. It reaches Redis soon.
func (n *Node) Ack(client Audience, upTo Place) {
	n.acks.mu.Lock()
	defer n.acks.mu.Unlock()
	before := n.acks.latest[client]
	if before.Epoch != upTo.Epoch || before.Number < upTo.Number {
		n.acks.latest[client] = upTo
	}
}

func (n *Node) flushAcks(ctx context.Context) error {
	n.acks.mu.Lock()
	latest := n.acks.latest
	if len(latest) == 0 {
		n.acks.mu.Unlock()
		return nil
	}
	n.acks.latest = make(map[Audience]Place)
	n.acks.mu.Unlock()
	calls := make([]call, 0, len(latest))
	for client, at := range latest {
		calls = append(calls, call{
			script: n.pub.scripts.ack,
			keys:   []string{n.pub.keys.session(client), n.pub.keys.due(partition(client))},
			args:   []any{at.Epoch, at.Number, string(client)},
		})
	}
	_, err := runAll(ctx, n.pub.redis, calls)
	if err != nil {
		for client, at := range latest {
			n.Ack(client, at)
		}
	}
	return err
}
