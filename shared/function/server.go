package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"lastmile/shared/bus"
	"lastmile/shared/cutover"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
	"lastmile/shared/timer"
)

// server serves one function. Events come at /, timers at /timer and schedules
// at /schedule.
type server struct {
	spec     Spec
	platform *platform.Platform
	bus      *bus.Bus      // nil unless the function takes messages
	cutover  *cutover.Pair // nil unless the function is one of a pair

	events   map[string]subscriber // by type
	any      *subscriber
	timer    func(context.Context, timer.Timer) error
	schedule func(context.Context) error
	outside  http.Handler
}

// subscriber handles the messages of one topic.
type subscriber struct {
	retry  Retry
	handle func(context.Context, *delivery) error
}

type delivery struct{ push *bus.Push }

func newServer(spec Spec, p *platform.Platform) (*server, error) {
	s := &server{spec: spec, platform: p, events: make(map[string]subscriber)}
	for _, t := range spec.Binding.Triggers {
		if t.Topic == "" {
			continue
		}
		b, err := p.Bus()
		if err != nil {
			return nil, err
		}
		s.bus = b
	}
	return s, s.joinCutover()
}

func (s *server) handler() http.Handler {
	if s.outside != nil {
		return s.outside
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if s.any != nil || len(s.events) > 0 {
		mux.HandleFunc("POST /{$}", s.serveEvent)
	}
	if s.timer != nil {
		mux.HandleFunc("POST /timer", s.serveTimer)
	}
	if s.schedule != nil {
		mux.HandleFunc("POST /schedule", s.serveSchedule)
	}
	return mux
}

// errPanic marks the error that a panic became.
var errPanic = errors.New("panic")

// run calls f with what every call has: a deadline, a count of its round trips,
// a lifecycle record, and recovery. The records are kept before run returns.
func (s *server) run(ctx context.Context, operation string, attrs []slog.Attr, f func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.spec.timeout())
	defer cancel()
	ctx, record := logs.Begin(ctx, s.platform.Logs, operation, logs.Fields{}, attrs...)
	defer s.flush(ctx)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	defer record.End(&err)
	return f(ctx)
}

// flushTimeout bounds how long an answer waits for its records.
const flushTimeout = 2 * time.Second

func (s *server) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	_ = s.platform.Logs.Flush(ctx) // what is lost is counted, and said in the next record
}

// bodyLimit bounds what Pub/Sub may send: its largest message, in base64, with
// its attributes.
const bodyLimit = 16 << 20

func (s *server) serveEvent(w http.ResponseWriter, r *http.Request) {
	push, err := bus.DecodePush(r, bodyLimit)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	ctx := push.Context(r.Context())
	if sub, ok := s.subscriber(push); ok {
		ctx = context.WithValue(ctx, attemptKey{}, attempt{push.Attempt, sub.retry.Attempts})
		err = s.deliver(ctx, push, sub.handle)
	} else {
		unknown := fmt.Errorf("%w: %s does not know events of type %q", ErrInvalid, s.spec.Name, push.Type())
		err = s.deliver(ctx, push, func(ctx context.Context, d *delivery) error {
			return s.pathed(ctx, d, nil, func(context.Context) error { return unknown })
		})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) subscriber(p *bus.Push) (subscriber, bool) {
	if s.any != nil {
		return *s.any, true
	}
	if t := string(p.Type()); t != "" || len(s.events) != 1 {
		sub, ok := s.events[t]
		return sub, ok
	}
	for _, only := range s.events {
		return only, true
	}
	return subscriber{}, false
}

// deliver handles one delivery. It returns an error if it must be delivered
// again.
func (s *server) deliver(ctx context.Context, push *bus.Push, handle func(context.Context, *delivery) error) error {
	attrs := []slog.Attr{slog.String("event", string(push.Header().ID)), slog.String("subject", push.Subject()), slog.Int("attempt", push.Attempt)}
	err := s.run(ctx, s.spec.Name+" "+string(push.Type()), attrs, func(ctx context.Context) error {
		err := handle(ctx, &delivery{push})
		if errors.Is(err, docs.ErrDuplicate) {
			s.platform.Log().InfoContext(ctx, "a repeat, and harmless")
			return nil
		}
		return err
	})
	switch judge(err) {
	case done:
		return nil
	case buried:
		return s.bus.Bury(ctx, push, Classify(err).Name, err)
	default:
		return err
	}
}

// refuse answers a request that its sender cannot have meant.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.platform.Log().WarnContext(r.Context(), "refused a request", slog.String("path", r.URL.Path), slog.Any("error", err))
	s.flush(r.Context())
	code := http.StatusBadRequest
	if errors.Is(err, bus.ErrTooLarge) {
		code = http.StatusRequestEntityTooLarge
	}
	http.Error(w, err.Error(), code)
}

func (s *server) serveTimer(w http.ResponseWriter, r *http.Request) {
	call, err := timer.DecodeCall(r, s.spec.Name)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	ctx := call.In(r.Context())
	attrs := []slog.Attr{slog.String("timer", call.Timer.String()), slog.Time("due", call.Due)}
	err = s.run(ctx, s.spec.Name+" timer "+call.Kind, attrs, func(ctx context.Context) error { return s.fire(ctx, call) })
	if judge(err) == retry {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// errEarly makes Cloud Tasks call again.
var errEarly = errors.New("called before its time")

func (s *server) fire(ctx context.Context, call timer.Call) error {
	now := s.platform.Now()
	if call.OnTheWay(now) {
		timers, err := s.platform.Timers()
		if err != nil {
			return err
		}
		return timers.Continue(ctx, call)
	}
	if now.Before(call.Due) {
		return fmt.Errorf("%s, due %s: %w", call.Timer, call.Due.Format(time.RFC3339Nano), errEarly)
	}
	return s.timer(ctx, call.Timer)
}

func (s *server) serveSchedule(w http.ResponseWriter, r *http.Request) {
	ctx := logs.Restore(r.Context(), func(string) string { return "" })
	if err := s.run(ctx, s.spec.Name+" schedule", nil, s.schedule); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
