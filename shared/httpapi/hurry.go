package httpapi

import (
	"io"
	"net/http"
	"time"
)

// BodyTime is what the body of a call may take to arrive.
const BodyTime = 30 * time.Second

// bodyPace is the bytes a second at which a long one may come.
const bodyPace = 64 << 10

// Hurry cuts off callers that let their body dribble in, to hold a connection for
// as long as they like. Time starts with the request and stops with the body's
// end, whoever reads it: how long the answer takes is for the handler to say.
func Hurry(within time.Duration) Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength != 0 {
				long := time.Duration(max(r.ContentLength, 0)/bodyPace) * time.Second
				deadline := http.NewResponseController(w)
				if deadline.SetReadDeadline(time.Now().Add(within+long)) == nil {
					r.Body = &timed{r.Body, deadline}
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// timed is a body that has to arrive in time.
type timed struct {
	io.ReadCloser
	deadline *http.ResponseController
}

func (b *timed) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.deadline.SetReadDeadline(time.Time{}) // a connection that is gone needs none
	}
	return n, err
}
