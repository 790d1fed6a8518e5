package realtime

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Options adjusts a Publisher; the zero value is right for production. All who
// share a Redis must agree on it.
type Options struct {
	Fallback  Fallback         // nil leaves push notifications to those who have one
	AckWithin time.Duration    // until a client that is connected is pushed; 0 = 15 s
	Lists     bool             // hand over by lists instead of channels
	Prefix    string           // of all keys; "" = "rt:"
	Now       func() time.Time // nil = time.Now
}

const (
	logEntries  = 200              // kept of each audience, and up to half as many more
	logLife     = 24 * time.Hour   // of what is in a log
	idLife      = 15 * time.Minute // of the ids of publishers: Pub/Sub delivers again within one
	sessionLife = 7 * 24 * time.Hour
	routesKept  = 50_000           // the couriers of a large city and their orders
	listLife    = 30 * time.Second // of a list that nobody empties
)

// Publisher publishes events. It needs Redis only, and is safe for concurrent use.
type Publisher struct {
	redis   redis.UniversalClient
	pipes   *pipes
	kinds   *Kinds
	options Options
	keys    keyspace
	scripts *scripts
	inbox   inbox
	routes  *routes
	here    atomic.Pointer[Node] // the instance of this process, if it is one
}

// NewPublisher returns a Publisher of these kinds of events; nil are the
// [Standard] ones.
func NewPublisher(ctx context.Context, r redis.UniversalClient, kinds *Kinds, o Options) (*Publisher, error) {
	if kinds == nil {
		standard, err := NewKinds(Standard()...)
		if err != nil {
			return nil, err
		}
		kinds = standard
	}
	if o.AckWithin == 0 {
		o.AckWithin = 15 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Prefix == "" {
		o.Prefix = "rt:"
	}
	s, err := loadScripts()
	if err != nil {
		return nil, err
	}
	p := &Publisher{redis: r, pipes: newPipes(r), kinds: kinds, options: o, keys: keyspace{o.Prefix}, scripts: s, routes: newRoutes(routesKept)}
	if p.inbox, err = pickInbox(ctx, r, p.keys, o.Lists); err != nil {
		return nil, fmt.Errorf("probe redis: %w", err)
	}
	return p, nil
}

// Publish sends an event to its audience. A durable one is kept when Publish
// returns without an error; after an error it may have been, so repeat it with
// its ID. It returns [ErrInvalid] or [ErrUnavailable].
func (p *Publisher) Publish(ctx context.Context, to Audience, e Event) (Receipt, error) {
	kind, ok := p.kinds.byName[e.Kind]
	if !ok {
		return Receipt{}, fmt.Errorf("%w: kind %q is not in the table of kinds: add it there", ErrInvalid, e.Kind)
	}
	if err := to.validate(); err != nil {
		return Receipt{}, err
	}
	tail, err := e.tail(to)
	if err != nil {
		return Receipt{}, err
	}
	var r Receipt
	if kind.Durable {
		r, err = p.publishDurable(ctx, to, e, kind, tail)
	} else {
		r, err = p.publishLatest(ctx, to, e, tail)
	}
	if err != nil {
		return r, fmt.Errorf("publish %s to %s: %w", e.Kind, to.Name(), err)
	}
	return r, nil
}

func (p *Publisher) publishDurable(ctx context.Context, to Audience, e Event, kind Kind, tail string) (Receipt, error) {
	now := p.options.Now()
	certain := kind.Fallback != "" && to.IsClient()
	deadline := ""
	if certain {
		deadline = millis(now.Add(p.options.AckWithin))
	}
	part := partition(to)
	keys := append(make([]string, 0, 4), p.keys.session(to), p.keys.log(to), p.keys.due(part))
	if e.ID != "" {
		keys = append(keys, p.keys.seen(to, e.ID))
	}
	verb, prefix := p.inbox.channel(part)
	answer, err := p.pipes.run(ctx, p.scripts.publish, keys, verb, prefix, string(to), tail, newName(), millis(now), deadline,
		kind.Name, logEntries, logLife.Milliseconds(), sessionLife.Milliseconds(), idLife.Milliseconds())
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Epoch: answer.text(0), Number: uint64(answer.number(1)), Reached: int(answer.number(2))}
	if r.Reached < 0 {
		r.Reached, r.Repeated = 0, true
		return r, nil
	}
	if certain && r.Reached == 0 && p.options.Fallback != nil {
		return r, p.pushDue(ctx, to)
	}
	return r, nil
}

// publishLatest hands the event to whoever holds its audience. An instance that
// was believed to hold it and is gone costs one more look.
func (p *Publisher) publishLatest(ctx context.Context, to Audience, e Event, tail string) (Receipt, error) {
	key := e.Key
	if key == "" {
		key = e.Kind
	}
	d := Delivery{Op: Latest, To: to, Key: key, Frame: []byte("{" + tail)}
	self, r := "", Receipt{}
	if here := p.here.Load(); here != nil {
		self = here.name()
		if here.host.Deliver(d) {
			r.Reached = 1
		}
	}
	instances, known := p.routes.get(to, p.options.Now())
	for range 2 {
		if !known {
			var err error
			if instances, err = p.find(ctx, to); err != nil {
				return r, err
			}
		}
		reached, missed, err := p.hand(ctx, d, instances, self)
		r.Reached += reached
		if err != nil || !missed || !known {
			return r, err
		}
		known = false
	}
	return r, nil
}

// find looks up who holds an audience, and remembers it.
func (p *Publisher) find(ctx context.Context, to Audience) ([]string, error) {
	instances, err := p.look(ctx, to)
	if err == nil {
		p.routes.put(to, instances, p.options.Now())
	}
	return instances, err
}

// look looks up who holds an audience.
func (p *Publisher) look(ctx context.Context, to Audience) ([]string, error) {
	var answer *redis.StringCmd
	err := p.pipes.do(ctx, func(pipe redis.Pipeliner) { answer = pipe.HGet(ctx, p.keys.session(to), "at") })
	if err != nil {
		return nil, err
	}
	at, err := answer.Result()
	if at == "" {
		return nil, unavailable(err)
	}
	return strings.Split(at, ","), nil
}

// hand gives a message to instances, except for one, in one round trip.
func (p *Publisher) hand(ctx context.Context, d Delivery, instances []string, except string) (reached int, missed bool, err error) {
	if len(instances) == 0 || len(instances) == 1 && instances[0] == except {
		return 0, false, nil
	}
	message := d.encode()
	var answers []*redis.Cmd
	err = p.pipes.do(ctx, func(pipe redis.Pipeliner) {
		for _, i := range instances {
			if i != except {
				answers = append(answers, send(ctx, pipe, p.inbox, d.To, i, message))
			}
		}
	})
	if err != nil {
		return 0, false, err
	}
	for _, a := range answers {
		n, failed := a.Int()
		err = cmp.Or(err, unavailable(failed))
		if n > 0 {
			reached++
		} else {
			missed = true
		}
	}
	return reached, missed, err
}

// Disconnect closes the connections of a client that belong to a session, or all
// if session is empty, wherever they are; reason is told to it. Those that open
// later are the authenticator's business.
func (p *Publisher) Disconnect(ctx context.Context, client Audience, session, reason string) error {
	return p.order(ctx, Delivery{Op: Disconnect, To: client, Key: reason, Session: session})
}

// Revoke takes a topic from all connections of a client.
func (p *Publisher) Revoke(ctx context.Context, client, topic Audience) error {
	return p.order(ctx, Delivery{Op: Unsubscribe, To: client, Key: topic.Name()})
}

// order sends what must not miss anybody.
func (p *Publisher) order(ctx context.Context, d Delivery) error {
	if strings.ContainsAny(d.Key+d.Session, "\n\x00") {
		return fmt.Errorf("%w: session and reason must be one line each", ErrInvalid)
	}
	if err := d.To.validate(); err != nil {
		return err
	}
	if err := p.handAll(ctx, d); err != nil {
		return fmt.Errorf("tell %s: %w", d.To.Name(), err)
	}
	return nil
}

// handAll gives a message to all who hold its audience now.
func (p *Publisher) handAll(ctx context.Context, d Delivery) error {
	instances, err := p.look(ctx, d.To)
	if err == nil {
		_, _, err = p.hand(ctx, d, instances, "")
	}
	return err
}

func millis(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }
