package function

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/platform"
	"lastmile/shared/timer"
)

// Binding ties a function's triggers to the code that builds it.
type Binding struct {
	// Triggers are what calls the function.
	Triggers []Trigger

	handler func(Spec, *platform.Platform) (http.Handler, error)
}

// Trigger is one thing that calls a function.
type Trigger struct {
	// Topic is set for events.
	Topic string

	// Retry is how Pub/Sub delivers the events of Topic again.
	Retry Retry

	// Cron and Zone are set for schedules: five fields, and an IANA zone.
	Cron, Zone string

	// Timer is true for the calls of Cloud Tasks.
	Timer bool

	// HTTP is true for calls from outside.
	HTTP bool
}

// Retry is how often, and after how long, an event is delivered again.
type Retry struct {
	// Min and Max bound the exponential backoff, up to 600 s; zero is 1 s and 60 s.
	Min, Max time.Duration

	// Attempts is the number of deliveries before the event is a dead letter, 5 to
	// 100; zero is 10.
	Attempts int
}

func (r Retry) withDefaults() Retry {
	if r.Min == 0 {
		r.Min = time.Second
	}
	if r.Max == 0 {
		r.Max = time.Minute
	}
	if r.Attempts == 0 {
		r.Attempts = 10
	}
	return r
}

// Bound is a trigger of functions of type F.
type Bound[F any] struct {
	trigger Trigger
	bind    func(F, *server)
}

// Bind returns the binding of a function that build makes; what its opener could
// not open is an error, whatever build returns. A function that is
// called from outside has no other trigger.
func Bind[F any](build func(*platform.Opener) (F, error), bounds ...Bound[F]) Binding {
	b := Binding{handler: func(s Spec, p *platform.Platform) (http.Handler, error) {
		opener := p.Opener()
		f, err := build(opener)
		if err := cmp.Or(opener.Err(), err); err != nil {
			return nil, fmt.Errorf("build function %s: %w", s.Name, err)
		}
		srv, err := newServer(s, p)
		if err != nil {
			return nil, fmt.Errorf("build function %s: %w", s.Name, err)
		}
		for _, bound := range bounds {
			bound.bind(f, srv)
		}
		return srv.handler(), nil
	}}
	for _, bound := range bounds {
		b.Triggers = append(b.Triggers, bound.trigger)
	}
	return b
}

// OnEvent calls handle for every event of type E, at least once and in no
// particular order.
func OnEvent[F, E any, P interface {
	*E
	event.Event
}](handle func(F, context.Context, E) error, retry Retry) Bound[F] {
	retry = retry.withDefaults()
	topic := string(P(new(E)).Type())
	return Bound[F]{
		trigger: Trigger{Topic: topic, Retry: retry},
		bind: func(f F, s *server) {
			s.events[topic] = subscriber{retry: retry, handle: func(ctx context.Context, d *delivery) error {
				var e E
				err := d.push.Decode(P(&e))
				return s.pathed(ctx, d, P(&e), func(ctx context.Context) error {
					if err != nil {
						return err
					}
					return handle(f, ctx, e)
				})
			}}
		},
	}
}

// OnMessages calls handle for every message of a topic, whatever it is.
func OnMessages[F any](topic string, handle func(F, context.Context, Message) error, retry Retry) Bound[F] {
	retry = retry.withDefaults()
	return Bound[F]{
		trigger: Trigger{Topic: topic, Retry: retry},
		bind: func(f F, s *server) {
			s.any = &subscriber{retry: retry, handle: func(ctx context.Context, d *delivery) error {
				return s.pathed(ctx, d, nil, func(ctx context.Context) error { return handle(f, ctx, d.push) })
			}}
		},
	}
}

// OnTimer calls handle for the function's timers, when they are due or later.
func OnTimer[F any](handle func(F, context.Context, timer.Timer) error) Bound[F] {
	return Bound[F]{
		trigger: Trigger{Timer: true},
		bind: func(f F, s *server) {
			s.timer = func(ctx context.Context, t timer.Timer) error { return handle(f, ctx, t) }
		},
	}
}

// OnSchedule calls handle at the times of a cron expression in an IANA zone. A
// call that fails is not repeated: the next one comes.
func OnSchedule[F any](cron, zone string, handle func(F, context.Context) error) Bound[F] {
	return Bound[F]{
		trigger: Trigger{Cron: cron, Zone: zone},
		bind: func(f F, s *server) {
			s.schedule = func(ctx context.Context) error { return handle(f, ctx) }
		},
	}
}

// OnHTTP serves calls from outside, on every path.
func OnHTTP[F http.Handler]() Bound[F] {
	return Bound[F]{
		trigger: Trigger{HTTP: true},
		bind:    func(f F, s *server) { s.outside = f },
	}
}
