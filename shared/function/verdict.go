package function

import (
	"context"
	"errors"

	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/logs"
)

// Message is one delivery as Pub/Sub pushed it.
type Message = *bus.Push

// ErrPermanent marks an error that no retry can mend: the event is archived as a
// dead letter at once, with its cause.
var ErrPermanent = errors.New("permanent")

// ErrInvalid marks an event that makes no sense; it is archived like those with
// [ErrPermanent].
var ErrInvalid = event.ErrInvalid

// verdict is what becomes of a delivery.
type verdict int

const (
	done   verdict = iota // acknowledge
	buried                // archive, then acknowledge
	retry                 // deliver again
)

// judge maps a handler's error to its verdict. This is the only place that does.
func judge(err error) verdict {
	switch {
	case err == nil:
		return done
	case errors.Is(err, ErrPermanent), errors.Is(err, ErrInvalid), errors.Is(err, docs.ErrTooLarge):
		return buried
	default:
		return retry
	}
}

// Classify names the kind of an error for its record, and whether a repeat may
// mend it.
func Classify(err error) logs.Class {
	for _, c := range []struct {
		is    error
		class string
	}{
		{docs.ErrDuplicate, "duplicate"},
		{ErrInvalid, "invalid"},
		{docs.ErrTooLarge, "too large"},
		{ErrPermanent, "permanent"},
		{docs.ErrNotFound, "not found"},
		{docs.ErrExists, "exists"},
		{docs.ErrConflict, "conflict"},
		{docs.ErrUnavailable, "unavailable"},
		{context.DeadlineExceeded, "deadline"},
		{context.Canceled, "canceled"},
		{errPanic, "panic"},
	} {
		if errors.Is(err, c.is) {
			return logs.Class{Name: c.class, Retryable: judge(err) == retry}
		}
	}
	return logs.Class{Name: "error", Retryable: true}
}

// attemptKey is the context key of an attempt.
type attemptKey struct{}

type attempt struct{ n, of int }

// LastAttempt reports whether the event will be a dead letter if this call of
// the handler returns an error. It is false where the sender does not count.
func LastAttempt(ctx context.Context) bool {
	a, _ := ctx.Value(attemptKey{}).(attempt)
	return a.of > 0 && a.n >= a.of
}

// Attempt is how often the event has been delivered, this time included; 1 where
// the sender does not count.
func Attempt(ctx context.Context) int {
	a, _ := ctx.Value(attemptKey{}).(attempt)
	return max(a.n, 1)
}
