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
// round trips, and turns a panic into a 500. The record is kept before the
// answer's end.
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

// flushTimeout bounds how long an answer waits for its record.
const flushTimeout = time.Second

func serve(ctx context.Context, l *logs.Logs, next http.Handler, a *answer, r *http.Request, id string) {
	ctx, record := logs.Begin(ctx, l, r.Method+" "+r.URL.Path, logs.Fields{Request: id}, slog.String("agent", r.UserAgent()))
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout) // also for a caller that has gone
		defer cancel()
		_ = l.Flush(ctx) // what is lost is counted, and said in the next record
	}()
	defer func() {
		if recover() != nil && a.status == 0 {
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

// answer remembers the status that was sent.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}
