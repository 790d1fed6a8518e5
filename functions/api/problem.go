package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/realtime"
)

// retrySeconds is when to try again what is down for the moment.
const retrySeconds = "2"

// unavailable says that something is down for the moment. What it says goes to
// callers, the cause to the records.
func unavailable(what string, cause error) error {
	said := huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(what+": try again"), http.Header{"Retry-After": {retrySeconds}})
	return fmt.Errorf("%w: %w", said, cause)
}

// problem is an error as callers see it. What a handler did not explain is kept for
// the records: it may name what is none of theirs.
func problem(ctx context.Context, err error) error {
	if explained, ok := errors.AsType[huma.StatusError](err); ok {
		if explained.GetStatus() >= http.StatusInternalServerError {
			logs.Fail(ctx, err)
		}
		return err
	}
	logs.Fail(ctx, err)
	if errors.Is(err, docs.ErrBadID) {
		return huma.Error400BadRequest("the path names what cannot be the name of anything")
	}
	if !passes(err) {
		return huma.Error500InternalServerError("something broke; the request id finds it in the logs")
	}
	return unavailable("what this needs does not answer for the moment", err)
}

// passes reports whether an error is of a service that is slow, down or contended.
func passes(err error) bool {
	_, network := errors.AsType[net.Error](err)
	for _, is := range []error{docs.ErrUnavailable, auth.ErrUnavailable, docs.ErrConflict, realtime.ErrUnavailable, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, is) {
			return true
		}
	}
	return network || strings.Contains(err.Error(), "connection pool timeout")
}

type takenKey struct{}

// takeable returns ctx as that of a request of which [taken] can say that its input
// was sound.
func takeable(ctx context.Context) context.Context {
	return context.WithValue(ctx, takenKey{}, new(bool))
}

// taken notes that a handler has got its input.
func taken(ctx context.Context) {
	if t, ok := ctx.Value(takenKey{}).(*bool); ok {
		*t = true
	}
}

// discreet keeps what was sent out of the answers that refuse it: they say what is
// wrong and where, and a token or a password in the wrong place stays with whoever
// sent it. What handlers tell of values is their own.
func discreet(ctx huma.Context, _ string, answer any) (any, error) {
	refusal, ok := answer.(*huma.ErrorModel)
	if t, known := ctx.Context().Value(takenKey{}).(*bool); ok && !(known && *t) {
		for _, e := range refusal.Errors {
			e.Value = nil
		}
	}
	return answer, nil
}
