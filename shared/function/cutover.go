package function

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/cutover"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/shadow"
)

// Dry reports whether a handler runs in shadow (see [Spec.ShadowOf]). Firestore,
// the bus and timers know by themselves; a handler that has effects elsewhere
// asks, and makes none.
func Dry(ctx context.Context) bool { return shadow.Dry(ctx) }

// tenanted is an event that belongs to a tenant. A cut-over flips one tenant's
// events at a time.
type tenanted interface{ Tenant() string }

// joinCutover makes s one path of the cut-over that its Spec declares, if any.
func (s *server) joinCutover() error {
	o := cutover.Options{Function: s.spec.Name, Path: cutover.Old, Verdict: verdictOf, Log: s.platform.Log()}
	switch {
	case s.spec.ShadowOf != "":
		o.Function, o.Path = s.spec.ShadowOf, cutover.New
	case s.spec.ShadowedBy == "":
		return nil
	}
	db, err := s.platform.Docs()
	if err != nil {
		return err
	}
	s.cutover = cutover.NewPair(db, o)
	return nil
}

// verdictOf names how a handling ended; it is false if it comes again.
func verdictOf(err error) (string, bool) {
	if err == nil || errors.Is(err, docs.ErrDuplicate) {
		return "done", true
	}
	return Classify(err).Name, judge(err) != retry
}

// pathed calls handle for a delivered event, on the path that the cut-over
// chooses; e is the event, as far as it could be decoded. In shadow a panic is an
// error like others, so that the last attempt can be compared too.
func (s *server) pathed(ctx context.Context, d *delivery, e any, handle func(context.Context) error) error {
	if s.cutover == nil {
		return handle(ctx)
	}
	return s.cutover.Handle(ctx, cutoverEvent(ctx, d, e), func(ctx context.Context) (err error) {
		if Dry(ctx) {
			defer func() {
				if r := recover(); r != nil {
					err = fmt.Errorf("%w: %w", errPanic, logs.Panicked(r))
				}
			}()
		}
		return handle(ctx)
	})
}

func cutoverEvent(ctx context.Context, d *delivery, e any) cutover.Event {
	h := d.push.Header()
	c := cutover.Event{ID: h.ID, At: earlier(h.Time, d.push.Published), Last: LastAttempt(ctx)}
	if t, ok := e.(tenanted); ok {
		c.Tenant = t.Tenant()
	}
	return c
}

// earlier guards against publishers whose clock is ahead: Pub/Sub's own is not.
func earlier(happened, published time.Time) time.Time {
	if published.Before(happened) {
		return published.UTC()
	}
	return happened
}
