package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os/exec"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"lastmile/emulators/redis"
	"lastmile/shared/realtime"
)

const (
	instances  = 8
	routed     = 20_000 // events to single clients
	everybody  = 2000   // clients, evenly over the instances
	broadcasts = "everybody"
)

// cost is the processor's time for each event.
type cost struct{ nodes, redis time.Duration }

// benchRouting brings events to single clients over eight instances: by their
// inboxes, and by one channel that all instances listen to, as the simple way is.
func benchRouting(ctx context.Context, r *report) error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		r.row("between instances", "no redis-server on PATH", "", "", "", false)
		return nil
	}
	srv, err := redis.Start(redis.Options{})
	if err != nil {
		return err
	}
	defer srv.Close()
	c := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
	defer c.Close()
	ours, err := routeToInboxes(ctx, c)
	if err != nil {
		return err
	}
	theirs, err := routeToAll(ctx, c)
	if err != nil {
		return err
	}
	what := "between eight instances: processor time %s for an event to one of 2,000 clients; baseline: every event to all instances"
	r.row(fmt.Sprintf(what, "of the instances"), us(ours.nodes), us(theirs.nodes), times(theirs.nodes, ours.nodes), "", true)
	r.row(fmt.Sprintf(what, "of Redis"), us(ours.redis), us(theirs.redis), times(theirs.redis, ours.redis), "", true)
	return nil
}

// measure publishes to every client in turn, and waits until all has come.
func measure(ctx context.Context, c *goredis.Client, came *atomic.Int64, publish func(client int) error) (cost, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	before, err := redisTime(ctx, c)
	if err != nil {
		return cost{}, err
	}
	began := cpuTime()
	for n := range routed {
		if err := publish(n % everybody); err != nil {
			return cost{}, err
		}
	}
	for came.Load() < routed {
		select {
		case <-ctx.Done():
			return cost{}, fmt.Errorf("%d of %d events came: %w", came.Load(), routed, ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
	used := cpuTime() - began
	after, err := redisTime(ctx, c)
	return cost{used / routed, time.Duration((after - before) * float64(time.Second) / routed)}, err
}

func clientNumber(n int) realtime.Audience { return realtime.Client("customer", fmt.Sprint(n)) }

// routeToInboxes is ours.
func routeToInboxes(ctx context.Context, c *goredis.Client) (cost, error) {
	p, err := realtime.NewPublisher(ctx, c, nil, realtime.Options{})
	if err != nil {
		return cost{}, err
	}
	var came atomic.Int64
	for i := range instances {
		h := &clients{came: &came, are: make(map[realtime.Audience]bool)}
		// Each has a publisher of its own: none of them is the one that publishes.
		own, err := realtime.NewPublisher(ctx, c, nil, realtime.Options{})
		if err != nil {
			return cost{}, err
		}
		node, err := realtime.Join(ctx, own, h, realtime.NodeOptions{})
		if err != nil {
			return cost{}, err
		}
		defer node.Close(ctx)
		var members []realtime.Member
		for n := i; n < everybody; n += instances {
			h.are[clientNumber(n)] = true
			members = append(members, realtime.Member{To: clientNumber(n), Tag: "1"})
		}
		if _, err := node.Attach(ctx, members...); err != nil {
			return cost{}, err
		}
	}
	return measure(ctx, c, &came, func(n int) error {
		_, err := p.Publish(ctx, clientNumber(n), realtime.Event{Kind: "job.progress", Data: told})
		return err
	})
}

// clients are those of one instance.
type clients struct {
	came *atomic.Int64
	are  map[realtime.Audience]bool
}

// Deliver implements [realtime.Host].
func (h *clients) Deliver(d realtime.Delivery) bool {
	if !h.are[d.To] {
		return false
	}
	h.came.Add(1)
	return true
}

// Members implements [realtime.Host].
func (h *clients) Members() iter.Seq2[realtime.Audience, string] {
	return func(yield func(realtime.Audience, string) bool) {
		for to := range h.are {
			if !yield(to, "1") {
				return
			}
		}
	}
}

// Interrupted implements [realtime.Host].
func (h *clients) Interrupted(bool) {}

// routeToAll is the simple way: one channel for all.
func routeToAll(ctx context.Context, c *goredis.Client) (cost, error) {
	type message struct {
		To   string
		Data string
	}
	var came atomic.Int64
	for i := range instances {
		are := make(map[string]bool)
		for n := i; n < everybody; n += instances {
			are[fmt.Sprint(n)] = true
		}
		channel := c.Subscribe(ctx, broadcasts)
		defer channel.Close()
		if _, err := channel.Receive(ctx); err != nil {
			return cost{}, err
		}
		go func() {
			for raw := range channel.Channel() {
				var m message
				if json.Unmarshal([]byte(raw.Payload), &m) == nil && are[m.To] {
					came.Add(1)
				}
			}
		}()
	}
	return measure(ctx, c, &came, func(n int) error {
		body, err := json.Marshal(message{fmt.Sprint(n), told})
		if err != nil {
			return err
		}
		return c.Publish(ctx, broadcasts, body).Err()
	})
}
