package realtime

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Host is what a gateway does with what its instance receives. Its methods must
// not wait for Redis.
type Host interface {
	// Deliver acts on d, and reports whether its audience is here.
	Deliver(d Delivery) bool
	// Members are all that is attached here.
	Members() iter.Seq2[Audience, string]
	// Interrupted says that deliveries may have been missed: attach everybody
	// again from where they are. If the lease was lost, others may hold our
	// clients by now: close all connections.
	Interrupted(leaseLost bool)
}

// NodeOptions adjusts a Node; the zero value is right for production.
type NodeOptions struct {
	Revision string        // of the running image; see [Node.Superseded]
	Beat     time.Duration // between renewals of the lease; 0 = 1 s
	Lease    time.Duration // 0 = 5 s
	Presence time.Duration // that a connection counts if nobody renews it; 0 = 60 s
	Silence  time.Duration // after which the inbox is probed, twice; 0 = 5 s
	Log      *slog.Logger  // nil = slog.Default
}

func (o NodeOptions) withDefaults() NodeOptions {
	for _, d := range []struct {
		knob  *time.Duration
		value time.Duration
	}{{&o.Beat, time.Second}, {&o.Lease, 5 * time.Second}, {&o.Presence, time.Minute}, {&o.Silence, 5 * time.Second}} {
		if *d.knob == 0 {
			*d.knob = d.value
		}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Node is this process as an instance that holds connections. It is safe for
// concurrent use.
type Node struct {
	pub     *Publisher
	host    Host
	options NodeOptions
	life    atomic.Pointer[life] // nil while there is no lease
	newest  atomic.Value         // string: the revision that a client came to last
	came    atomic.Bool          // a client has come here since the last beat
	acks    acks
	late    late
	joined  *routes // who has just joined an audience that we hold too
	stop    context.CancelFunc
	running sync.WaitGroup
}

// life is one lease of an instance, from taking it to losing it. Each has a name
// of its own, so that cleaning up after one cannot hurt the next.
type life struct {
	name  string
	inbox receiver
}

// Join makes this process an instance. Close it.
func Join(ctx context.Context, p *Publisher, host Host, o NodeOptions) (*Node, error) {
	n := &Node{pub: p, host: host, options: o.withDefaults(), acks: acks{latest: make(map[Audience]Place)}, joined: newRoutes(routesKept)}
	first, err := n.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop = stop
	p.here.Store(n)
	n.running.Go(func() { n.run(running, first) })
	return n, nil
}

// Close leaves: what this instance holds is taken out of Redis.
func (n *Node) Close(ctx context.Context) error {
	l := n.life.Load()
	n.stop()
	n.running.Wait()
	n.life.Store(nil)
	n.pub.here.CompareAndSwap(n, nil)
	if l == nil {
		return nil
	}
	if err := errors.Join(n.flushAcks(ctx), n.clean(ctx, l.name), n.resign(ctx, l.name)); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

func (n *Node) name() string {
	if l := n.life.Load(); l != nil {
		return l.name
	}
	return ""
}

// Welcomed notes that a client has come to this instance by itself, as it does
// to the revision that gets the traffic.
func (n *Node) Welcomed() { n.came.Store(true) }

// Superseded reports whether the last client of all came to another revision. If
// that goes on for a while it is time to move clients there.
func (n *Node) Superseded() bool {
	newest, _ := n.newest.Load().(string)
	return newest != "" && newest != n.options.Revision
}

// Place is a place in the log of an audience. The zero Place is none.
type Place struct {
	Epoch  string
	Number uint64
}

// Member is a connection in its client's audience, or an instance in a topic.
type Member struct {
	To   Audience
	Tag  string // tells the members of one instance apart
	From Place  // has everything up to there
	Seen string // the [Sum] of the frame at From, if it was seen
}

// Replay is what a member missed.
type Replay struct {
	Newest Place
	From   uint64 // the number that Missed goes on from
	// Gap means that the log does not reach back to where the member was: it must
	// fetch anew whatever it shows, and go on from Newest.
	Gap    bool
	Missed []Delivery
}

// Attach enters members, and returns what each has missed. Have the host deliver
// to them before: what is delivered meanwhile may overlap, and numbers tell. A
// client without a place gets what it has not acknowledged; a topic goes on from
// now. If Redis has forgotten what a member has Seen, the log gets a new epoch, and
// all who watch it have a gap. Attach again to catch up. It returns [ErrUnavailable].
func (n *Node) Attach(ctx context.Context, members ...Member) ([]Replay, error) {
	l := n.life.Load()
	if l == nil {
		return nil, fmt.Errorf("attach: %w: no lease", ErrUnavailable)
	}
	now := n.pub.options.Now()
	calls := make([]call, len(members))
	for i, m := range members {
		if err := m.To.validate(); err != nil {
			return nil, err
		}
		calls[i] = n.attachment(l, m, now)
	}
	answers, err := runAll(ctx, n.pub.redis, calls)
	if err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	replays := make([]Replay, len(members))
	for i, a := range answers {
		got, err := a.Slice()
		if err != nil {
			return nil, fmt.Errorf("attach %s: %w", members[i].To.Name(), unavailable(err))
		}
		if len(got) == 0 {
			return nil, fmt.Errorf("attach %s: %w: the lease is over", members[i].To.Name(), ErrUnavailable)
		}
		replays[i] = n.replay(members[i].To, got)
		n.pub.routes.forget(members[i].To)
		n.introduce(ctx, l, members[i].To, answer(got).text(5))
		if before := answer(got).number(3); before == 0 && members[i].To.IsClient() {
			n.announce(ctx, members[i].To, true)
		}
	}
	return replays, nil
}

func (n *Node) attachment(l *life, m Member, now time.Time) call {
	k := n.pub.keys
	return call{
		script: n.pub.scripts.attach,
		keys: []string{
			k.presence(m.To), k.session(m.To), k.log(m.To), k.held(partition(m.To), l.name), k.fence(partition(m.To), l.name),
		},
		args: []any{l.name, m.Tag, string(m.To), millis(now), millis(now.Add(n.options.Presence)), m.From.Epoch, m.From.Number,
			newName(), sessionLife.Milliseconds(), flag(m.To.IsClient()), m.Seen},
	}
}

func (n *Node) replay(to Audience, got answer) Replay {
	r := Replay{
		Newest: Place{got.text(1), uint64(got.number(2))},
		From:   uint64(got.number(4)),
		Gap:    got.number(0) == 0,
	}
	for i := 6; i+1 < len(got); i += 2 {
		number := uint64(got.number(i))
		r.Missed = append(r.Missed, Delivery{
			Op: Durable, To: to, Number: number, Epoch: r.Newest.Epoch, Frame: frame(number, r.Newest.Epoch, got.text(i+1)),
		})
	}
	return r
}

// Leave takes members out. If that fails it is tried again until it succeeds.
func (n *Node) Leave(ctx context.Context, members ...Member) error {
	l := n.life.Load()
	if l == nil {
		return nil // whoever cleans up after us takes them out
	}
	err := n.leave(ctx, l.name, members)
	if err != nil {
		n.late.add(l, members)
	}
	return err
}

func (n *Node) leave(ctx context.Context, instance string, members []Member) error {
	now, k := millis(n.pub.options.Now()), n.pub.keys
	calls := make([]call, len(members))
	for i, m := range members {
		calls[i] = call{
			script: n.pub.scripts.leave,
			keys:   []string{k.presence(m.To), k.session(m.To), k.held(partition(m.To), instance)},
			args:   []any{instance, m.Tag, string(m.To), now},
		}
	}
	answers, err := runAll(ctx, n.pub.redis, calls)
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	for i, a := range answers {
		got, err := a.Int64Slice()
		if err != nil || len(got) != 2 {
			return fmt.Errorf("leave %s: %w: %w", members[i].To.Name(), ErrUnavailable, err)
		}
		n.pub.routes.forget(members[i].To)
		if removed, left := got[0], got[1]; removed > 0 && left == 0 && members[i].To.IsClient() {
			n.announce(ctx, members[i].To, false)
		}
	}
	return nil
}

func (n *Node) announce(ctx context.Context, client Audience, online bool) {
	if err := n.pub.announce(ctx, client, online); err != nil {
		n.options.Log.WarnContext(ctx, "presence not announced", "client", client.Name(), "error", err)
	}
}

// receive acts on a message from the inbox.
func (n *Node) receive(ctx context.Context, raw string) {
	d, ok := decode(raw)
	switch {
	case !ok || d.Op == probe:
	case d.Op == joined:
		n.follow(d.To, d.Key)
	case d.Op == Latest:
		n.receiveLatest(ctx, d)
	case d.Op == bounced:
		d.Op = Latest
		n.host.Deliver(d)
	default:
		n.host.Deliver(d)
	}
}

// newLifeName shows people which revision an instance is of.
func (n *Node) newLifeName() string {
	revision := strings.Map(func(r rune) rune {
		if r == '|' || r == ',' || r <= ' ' || r > '~' {
			return '-'
		}
		return r
	}, n.options.Revision)
	if revision == "" {
		return newName()
	}
	return revision + "." + newName()
}
