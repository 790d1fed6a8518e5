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
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/firestore"
	"lastmile/emulators/pubsub"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// line is one function at the end of a subscription, with all services in this
// process.
type line struct {
	pubsub   *pubsub.Server
	platform *platform.Platform
	bus      *bus.Bus
	db       *docs.DB
	closes   []func() error
}

func (l *line) close() error {
	var errs []error
	for i := len(l.closes) - 1; i >= 0; i-- {
		errs = append(errs, l.closes[i]())
	}
	return errors.Join(errs...)
}

// openLine starts the services.
func openLine(ctx context.Context) (*line, error) {
	l := &line{}
	db, err := firestore.Start(firestore.Options{})
	if err != nil {
		return nil, err
	}
	l.closes = append(l.closes, db.Close)
	l.pubsub, err = pubsub.Start(pubsub.Options{})
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	l.closes = append(l.closes, l.pubsub.Close)
	config, err := platform.ReadConfig([]string{
		"GOOGLE_CLOUD_PROJECT=bench", "REDIS_ADDR=none", "FUNCTION_URL=http://localhost/{function}", "PRIVATE_FILES_URL=mem://",
		"FIRESTORE_EMULATOR_HOST=" + db.Addr(), "PUBSUB_EMULATOR_HOST=" + l.pubsub.Addr(),
	})
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	l.platform = platform.New(config, logs.Options{Service: "bench", Out: io.Discard, Classify: function.Classify})
	l.closes = append(l.closes, func() error { return l.platform.Close(ctx) })
	l.db, err = l.platform.Docs()
	if err == nil {
		l.bus, err = l.platform.Bus()
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// subscribe has the events of these measurements pushed to h.
func (l *line) subscribe(ctx context.Context, h http.Handler) error {
	server := httptest.NewServer(h)
	l.closes = append(l.closes, func() error { server.Close(); return nil })
	c, err := dialPubSub(ctx, l.pubsub.Addr())
	if err != nil {
		return err
	}
	topic := pubsubName("topics", string(measured{}.Type()))
	if _, err := c.topics.CreateTopic(ctx, &pubsubpb.Topic{Name: topic}); err != nil {
		return err
	}
	_, err = c.subs.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: pubsubName("subscriptions", "measuring"), Topic: topic, AckDeadlineSeconds: 60,
		PushConfig:  &pubsubpb.PushConfig{PushEndpoint: server.URL},
		RetryPolicy: &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(10 * time.Millisecond), MaximumBackoff: durationpb.New(50 * time.Millisecond)},
	})
	return err
}

// benchPushed measures events from their publication to their acknowledgement,
// and the same with an endpoint that does nothing, which is what push itself
// takes.
func benchPushed(ctx context.Context, r *report, theirs bullFigures) error {
	const events = 30_000
	bare, err := pushRate(ctx, events, func(*line) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // what is lost comes again
			w.WriteHeader(http.StatusNoContent)
		}), nil
	})
	if err != nil {
		return err
	}
	trivial := &measuring{handle: func(context.Context, measured) error { return nil }}
	ours, err := pushRate(ctx, events, func(l *line) (http.Handler, error) { return trivial.spec().Handler(l.platform) })
	if err != nil {
		return err
	}
	baseline := theirs.pushed
	if baseline == 0 {
		baseline = theirs.rate
	}
	r.row("publish, push, handle, keep the record, acknowledge", ours.String(), theirs.endToEnd(), fmt.Sprintf("%.1fx", ours.rate/baseline), "", true)
	r.row("the same with an endpoint that does nothing: push itself", bare.String(), "the row above",
		fmt.Sprintf("push takes %.0f%% of the time", 100*ours.rate/bare.rate), "", true)
	return nil
}

// pace is how fast events went, and what one took of the processors.
type pace struct {
	rate float64
	cpu  time.Duration
}

func (p pace) String() string {
	return perSecond(p.rate) + ", " + us(p.cpu) + " of CPU, publisher and services included"
}

func pushRate(ctx context.Context, events int, handler func(*line) (http.Handler, error)) (p pace, err error) {
	l, err := openLine(ctx)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	h, err := handler(l)
	if err != nil {
		return p, err
	}
	if err := l.subscribe(ctx, h); err != nil {
		return p, err
	}
	all := make([]event.Event, events)
	for i := range all {
		all[i] = &measured{N: i}
	}
	began, cpu := time.Now(), cpuTime()
	if err := l.bus.Publish(ctx, all...); err != nil {
		return p, err
	}
	if err := l.pubsub.Idle(ctx); err != nil {
		return p, err
	}
	return pace{float64(events) / time.Since(began).Seconds(), (cpuTime() - cpu) / time.Duration(events)}, nil
}

var errCrash = errors.New("crash")

// benchFaults handles events of which one in ten comes twice and one in twenty
// crashes, half of these after the commit, and counts what is lost or doubled.
func benchFaults(ctx context.Context, r *report) (err error) {
	const events = 10_000
	l, err := openLine(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	type effect struct {
		N int `firestore:"n"`
	}
	effects := docs.In[effect](l.db, "effects")
	var calls atomic.Int64
	m := &measuring{}
	m.handle = func(ctx context.Context, e measured) error {
		nth := calls.Add(1)
		if nth%40 == 0 {
			return errCrash
		}
		err := l.db.Commit(ctx, docs.Once("measuring", e.ID), effects.Create(fmt.Sprintf("%d:%d", e.N, nth), effect{e.N}))
		if err == nil && nth%40 == 20 {
			return errCrash
		}
		return err
	}
	h, err := m.spec().Handler(l.platform)
	if err != nil {
		return err
	}
	if err := l.subscribe(ctx, h); err != nil {
		return err
	}
	l.pubsub.Deliveries.Set(pubsub.Trouble{Seed: 1, Duplicate: 0.1, Reorder: 0.3})
	began := time.Now()
	if err := l.bus.Publish(ctx, numberedEvents(events)...); err != nil {
		return err
	}
	if err := l.pubsub.Idle(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	found, err := effects.Query().Limit(2 * events).All(ctx)
	if err != nil {
		return err
	}
	seen := make(map[int]bool, events)
	for _, d := range found {
		seen[d.Data.N] = true
	}
	lost, doubled := events-len(seen), len(found)-len(seen)
	r.row("10,000 events, 10% duplicated, 5% of handlers crash", fmt.Sprintf("%d lost, %d doubled, %s", lost, doubled, perSecond(events/took.Seconds())),
		"", fmt.Sprintf("%d calls", calls.Load()), "0 lost, 0 doubled", lost == 0 && doubled == 0)
	return nil
}

func numberedEvents(n int) []event.Event {
	all := make([]event.Event, n)
	for i := range all {
		all[i] = &measured{Header: event.Header{ID: event.DeriveID("measured", fmt.Sprint(i))}, N: i}
	}
	return all
}
