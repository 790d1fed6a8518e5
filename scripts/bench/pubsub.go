package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"golang.org/x/sync/errgroup"

	"lastmile/emulators/google"
)

const (
	pubsubMessages = 10_000 // in the row of memory
	pubsubPushes   = 20_000
	pubsubBatch    = 100
)

// benchPubSub runs the same work on our Pub/Sub emulator and on Google's, each in a
// process of its own; the push endpoint is in this one.
func benchPubSub(ctx context.Context, r *report) error {
	ours, err := measurePubSub(ctx, startOurPubSub)
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	theirs, err := measurePubSub(ctx, startGooglePubSub)
	if err != nil && !errors.Is(err, google.ErrMissing) {
		return fmt.Errorf("google's: %w", err)
	}
	ours.print(r, theirs)
	return nil
}

// pubsubFigures is what one engine did.
type pubsubFigures struct {
	start      time.Duration // to the first answer
	memory     int64         // bytes resident after 10,000 messages that nobody takes
	worked     int64         // bytes resident after the pushes
	pushes     float64       // a second, from the first publish to the last push
	deadLetter time.Duration // from publish to the dead letter, five failed pushes later
}

func measurePubSub(ctx context.Context, start func(context.Context) (*process, error)) (*pubsubFigures, error) {
	began := time.Now()
	p, err := start(ctx)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	c, err := dialPubSub(ctx, p.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.conn.Close() }()
	f := &pubsubFigures{start: time.Since(began)}
	for _, measure := range []func() error{
		func() (err error) { f.memory, err = c.measureMemory(ctx, p); return err },
		func() (err error) { f.pushes, err = c.measurePushes(ctx); return err },
		func() (err error) { f.worked, err = p.resident(); return err },
		func() (err error) { f.deadLetter, err = c.measureDeadLetter(ctx); return err },
	} {
		if err := measure(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func pubsubName(kind, id string) string { return "projects/bench/" + kind + "/" + id }

// pair creates a topic and a subscription of it that pushes to url, "" for none.
func (c *pubsubClients) pair(ctx context.Context, id, url string, dead *pubsubpb.DeadLetterPolicy) (topic string, err error) {
	topic = pubsubName("topics", id)
	if _, err := c.topics.CreateTopic(ctx, &pubsubpb.Topic{Name: topic}); err != nil {
		return "", err
	}
	_, err = c.subs.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: pubsubName("subscriptions", id), Topic: topic, AckDeadlineSeconds: 60,
		PushConfig: &pubsubpb.PushConfig{PushEndpoint: url}, DeadLetterPolicy: dead,
	})
	return topic, err
}

// publish sends n small messages in batches, four at a time.
func (c *pubsubClients) publish(ctx context.Context, topic string, n int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for sent := 0; sent < n; sent += pubsubBatch {
		group.Go(func() error {
			batch := make([]*pubsubpb.PubsubMessage, min(pubsubBatch, n-sent))
			for i := range batch {
				batch[i] = &pubsubpb.PubsubMessage{Data: make([]byte, 200), Attributes: map[string]string{"ce-type": "bench.v1", "ce-id": fmt.Sprint(sent + i)}}
			}
			_, err := c.topics.Publish(ctx, &pubsubpb.PublishRequest{Topic: topic, Messages: batch})
			return err
		})
	}
	return group.Wait()
}

func (c *pubsubClients) measureMemory(ctx context.Context, p *process) (int64, error) {
	topic, err := c.pair(ctx, "memory", "", nil)
	if err != nil {
		return 0, err
	}
	if err := c.publish(ctx, topic, pubsubMessages); err != nil {
		return 0, err
	}
	return p.resident()
}

// pubsubEndpoint answers every push with the status and says when it had n of them.
func pubsubEndpoint(status, n int) (srv *httptest.Server, all <-chan struct{}) {
	done := make(chan struct{})
	var seen atomic.Int64
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // what is lost comes again
		w.WriteHeader(status)
		if seen.Add(1) == int64(n) {
			close(done)
		}
	})), done
}

func (c *pubsubClients) measurePushes(ctx context.Context) (float64, error) {
	endpoint, all := pubsubEndpoint(http.StatusNoContent, pubsubPushes)
	defer endpoint.Close()
	topic, err := c.pair(ctx, "push", endpoint.URL, nil)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := c.publish(ctx, topic, pubsubPushes); err != nil {
		return 0, err
	}
	if err := await(ctx, all, 2*time.Minute, "pushes"); err != nil {
		return 0, err
	}
	return pubsubPushes / time.Since(began).Seconds(), nil
}

func (c *pubsubClients) measureDeadLetter(ctx context.Context) (time.Duration, error) {
	bad, _ := pubsubEndpoint(http.StatusInternalServerError, 0)
	defer bad.Close()
	grave, buried := pubsubEndpoint(http.StatusNoContent, 1)
	defer grave.Close()
	dead, err := c.pair(ctx, "dead", grave.URL, nil)
	if err != nil {
		return 0, err
	}
	topic, err := c.pair(ctx, "poison", bad.URL, &pubsubpb.DeadLetterPolicy{DeadLetterTopic: dead, MaxDeliveryAttempts: 5})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := c.publish(ctx, topic, 1); err != nil {
		return 0, err
	}
	err = await(ctx, buried, 2*time.Minute, "the dead letter")
	return time.Since(began), err
}

func await(ctx context.Context, done <-chan struct{}, patience time.Duration, what string) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(patience):
		return fmt.Errorf("%s did not arrive within %s", what, patience)
	}
}

// print writes one row for each figure; theirs is nil when there is no other engine.
func (f *pubsubFigures) print(r *report, theirs *pubsubFigures) {
	row := func(work, unit string, aim float64, figure func(*pubsubFigures) float64, better string) {
		ours := fmt.Sprintf("%.3g %s", figure(f), unit)
		if theirs == nil {
			r.row(work, ours, "not on this machine", "", "", false)
			return
		}
		ratio := figure(theirs) / figure(f)
		if better == "more" {
			ratio = 1 / ratio
		}
		r.row(work, ours, fmt.Sprintf("%.3g %s", figure(theirs), unit), fmt.Sprintf("%.1fx %s", ratio, better), fmt.Sprintf("≥ %.0fx", aim), ratio >= aim)
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	row("start to first answer", "ms", 20, func(f *pubsubFigures) float64 { return ms(f.start) }, "less")
	row("memory after 10,000 messages", "MiB", 5, func(f *pubsubFigures) float64 { return float64(f.memory) / (1 << 20) }, "less")
	row("push messages a second", "/s", 5, func(f *pubsubFigures) float64 { return f.pushes }, "more")
	row("memory after 20,000 pushes", "MiB", 5, func(f *pubsubFigures) float64 { return float64(f.worked) / (1 << 20) }, "less")
	row("dead letter after 5 failed pushes", "ms", 5, func(f *pubsubFigures) float64 { return ms(f.deadLetter) }, "less")
}
