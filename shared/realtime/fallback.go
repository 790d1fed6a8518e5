package realtime

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Notice is a durable event on its way to a client that did not take it.
type Notice struct {
	ID     string // the same whenever this event is pushed to this client: collapse by it
	Client Audience
	Kind   string
	Text   string
	Data   json.RawMessage
	Until  time.Time // it is of no use after that
}

// Fallback reaches clients that have no connection. It may get a notice more
// than once.
type Fallback interface {
	Push(ctx context.Context, n Notice) error
}

// fresh is how long an event is of use whose kind does not say.
const fresh = time.Hour

// pushLease is how long whoever pushes is left alone with it.
const pushLease = 30 * time.Second

// Sweep pushes what clients did not acknowledge in time, and returns how many
// notices that were. Any number of instances may sweep at once. It needs
// Options.Fallback, and without one does nothing.
func (p *Publisher) Sweep(ctx context.Context) (int, error) {
	if p.options.Fallback == nil {
		return 0, nil
	}
	clients, err := p.overdue(ctx)
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
	pushed := 0
	var errs []error
	for _, c := range clients {
		n, err := p.pushTo(ctx, c)
		pushed += n
		if err != nil {
			errs = append(errs, fmt.Errorf("sweep %s: %w", c.Name(), err))
		}
	}
	return pushed, errors.Join(errs...)
}

// overdue finds clients whose deadline has passed, of every partition some.
func (p *Publisher) overdue(ctx context.Context) ([]Audience, error) {
	const most = 100
	now := millis(p.options.Now())
	answers := make([]*redis.StringSliceCmd, partitions)
	_, err := p.redis.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i := range answers {
			answers[i] = pipe.ZRangeByScore(ctx, p.keys.due(i), &redis.ZRangeBy{Min: "-inf", Max: now, Count: most})
		}
		return nil
	})
	var clients []Audience
	for _, a := range answers {
		for _, name := range a.Val() {
			clients = append(clients, Audience(name))
		}
	}
	return clients, unavailable(err)
}

func (p *Publisher) pushDue(ctx context.Context, client Audience) error {
	_, err := p.pushTo(ctx, client)
	return err
}

// pushRounds bounds how often what comes while one pushes is pushed by the same.
const pushRounds = 10

// pushTo pushes what one client has not acknowledged and is due, and what comes
// meanwhile: those who publish that leave it to whoever is at it.
func (p *Publisher) pushTo(ctx context.Context, client Audience) (pushed int, err error) {
	for range pushRounds {
		n, more, err := p.pushOnce(ctx, client)
		pushed += n
		if err != nil || !more {
			return pushed, err
		}
	}
	return pushed, nil
}

// pushOnce reports whether there is more by now.
func (p *Publisher) pushOnce(ctx context.Context, client Audience) (pushed int, more bool, err error) {
	now := p.options.Now()
	keys := []string{p.keys.due(partition(client)), p.keys.session(client), p.keys.log(client)}
	got, err := p.pipes.run(ctx, p.scripts.claim, keys, string(client), millis(now), millis(now.Add(pushLease)))
	if err != nil || len(got) == 0 {
		return 0, false, err
	}
	epoch, newest, lost := got.text(0), got.text(1), got.number(2)
	last, next := int64(0), ""
	for i := 3; i+3 < len(got); i += 4 {
		number, kind, by := got.number(i), got.text(i+2), got.number(i+3)
		if kind != "" && number > lost && by > now.UnixMilli() {
			next = got.text(i + 3)
			break
		}
		if text := p.kinds.byName[kind].Fallback; text != "" {
			n := Notice{fmt.Sprintf("%s/%s/%d", client.Name(), epoch, number), client, kind, text, payload(got.text(i + 1)), p.until(kind, by)}
			if err = p.options.Fallback.Push(ctx, n); err != nil {
				err, newest = fmt.Errorf("push %s: %w", n.ID, err), ""
				break
			}
			pushed++
		}
		last = number
	}
	due, failed := p.pipes.run(ctx, p.scripts.settle, keys[:2], string(client), epoch, last, newest, next)
	by := due.number(0)
	return pushed, by > 0 && by <= p.options.Now().UnixMilli(), cmp.Or(err, failed)
}

// until is how long an event is of use that had to be acknowledged by then.
func (p *Publisher) until(kind string, by int64) time.Time {
	published := time.UnixMilli(by).Add(-p.options.AckWithin)
	return published.Add(cmp.Or(p.kinds.byName[kind].Fresh, fresh)).UTC()
}

// payload takes the data out of the tail of a frame.
func payload(tail string) json.RawMessage {
	var f struct {
		D json.RawMessage `json:"d"`
	}
	if err := json.Unmarshal([]byte("{"+tail), &f); err != nil {
		return nil
	}
	return f.D
}
