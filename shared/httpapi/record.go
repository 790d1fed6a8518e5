package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"lastmile/shared/logs"
)

// RequestID is the header of a request's id: taken from the caller if it is
// sound, made otherwise, and always in the answer.
const RequestID = "X-Request-Id"

// errServer is the error in the record of a request that was answered with a
// status of 500 or more.
var errServer = errors.New("server error")

// Record gives every request an id, a trace and one record with its status and
// round trips, and turns a panic into a 500.
//
// The record sets out for the store before the answer sets out for the caller, and
// the request ends when both have arrived: so the caller waits for no record, and
// a process that is only at work while there are requests keeps them all. One that
// is killed in between leaves an answer without a record.
func Record(l *logs.Logs) Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := logs.Restore(r.Context(), func(key string) string {
				switch key {
				case "traceparent":
					return r.Header.Get("Traceparent")
				case "request":
					return r.Header.Get(RequestID)
				}
				return ""
			})
			id := cmp.Or(logs.From(ctx).Request, logs.From(ctx).Trace)
			w.Header().Set(RequestID, id)
			serve(ctx, l, next, &answer{ResponseWriter: w}, r, id)
		})
	}
}

// flushTimeout bounds how long the end of a request waits for its record.
const flushTimeout = time.Second

func serve(ctx context.Context, l *logs.Logs, next http.Handler, a *answer, r *http.Request, id string) {
	ctx, record := logs.Begin(ctx, l, r.Method+" "+r.URL.Path, logs.Fields{Request: id}, slog.String("agent", r.UserAgent()))
	defer func() {
		kept := l.Flushing()
		a.send()
		_ = kept.Within(flushTimeout) // what is lost is counted, and said in the next record
	}()
	defer func() {
		if recover() != nil && !a.sent {
			a.forget()
			Refuse(a, http.StatusInternalServerError, "something broke; the request id finds it in the logs")
		}
	}()
	var err error
	defer record.End(&err)
	next.ServeHTTP(a, r.WithContext(ctx))
	record.Status(a.code())
	if a.code() >= 500 {
		err = fmt.Errorf("%w: answered %d", errServer, a.code())
	}
}
