package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"lastmile/gateway/hub"
	"lastmile/shared/realtime"
)

// maxHello is the largest body of a hello or an acknowledgement by HTTP.
const maxHello = 64 << 10

// bearer returns the token of a request that is no WebSocket.
func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// decode reads a body to its end: what would follow could dribble in for ever.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHello))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// serveEvents is for those who cannot open a WebSocket: the body is a hello, the
// answer a stream of the same frames as server-sent events.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	var h hello
	if !s.mayConnect(r) {
		http.Error(w, "this origin may not connect", http.StatusForbidden)
		return
	}
	if err := decode(w, r, &h); err != nil {
		http.Error(w, "the body must be a hello, as in the protocol", http.StatusBadRequest)
		return
	}
	if !s.admit(w) {
		return
	}
	defer s.dismiss()
	if h.Token == "" {
		h.Token = bearer(r)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	e := newEvents(w)
	opening, cancel := context.WithTimeout(r.Context(), opTimeout)
	c := s.begin(opening, e, h)
	cancel()
	if c == nil {
		<-e.done
		e.farewell()
		return
	}
	defer c.end()
	e.attend(r.Context(), c.conn)
}

// events is the answer of serveEvents as a line. Whoever calls it does not wait
// but for WriteAll: the goroutine of the request does the rest.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	mu      sync.Mutex    // held while writing
	pings   chan struct{} // has room for one
	closing sync.Once
	why     hub.Close     // written before done is closed
	done    chan struct{} // closed when nothing more is to be written but why
}

func newEvents(w http.ResponseWriter) *events {
	return &events{w: w, control: http.NewResponseController(w), pings: make(chan struct{}, 1), done: make(chan struct{})}
}

// attend writes pings until the connection ends, and then why.
func (e *events) attend(request context.Context, c *hub.Conn) {
	defer e.farewell()
	for {
		select {
		case <-e.pings:
			e.say(":\n\n")
		case <-request.Done():
			c.Close(hub.Close{Code: hub.CodeGone})
			<-e.done
			return
		case <-e.done:
			return
		}
	}
}

// farewell waits for whoever writes, and has the last word.
func (e *events) farewell() {
	if e.why.Code == hub.CodeGone {
		e.mu.Lock()
		defer e.mu.Unlock()
		return
	}
	e.say(fmt.Sprintf("event: close\ndata: {\"code\":%d,\"reason\":%q}\n\n", e.why.Code, e.why.Reason))
}

// sayTimeout is for a client to take a few bytes. Whoever does not is gone, which
// the next event notices.
const sayTimeout = time.Second

func (e *events) say(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.write([][]byte{[]byte(text)}, time.Now().Add(sayTimeout))
}

// Format implements hub.Wire.
func (e *events) Format() hub.Format { return hub.EventStream }

// Encode implements hub.Wire. JSON has no line breaks in it as we write it.
func (e *events) Encode(text []byte) []byte {
	return fmt.Appendf(nil, "data: %s\n\n", text)
}

// TryWrite implements hub.Wire: there is no way to write without waiting.
func (e *events) TryWrite([]byte) (int, error) { return 0, nil }

// WriteAll implements hub.Wire.
func (e *events) WriteAll(batch [][]byte, by time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.done:
		return http.ErrHandlerTimeout
	default:
		return e.write(batch, by)
	}
}

// write writes all at once; mu is held.
func (e *events) write(batch [][]byte, by time.Time) error {
	if err := e.control.SetWriteDeadline(by); err != nil {
		return err
	}
	for _, b := range batch {
		if _, err := e.w.Write(b); err != nil {
			return err
		}
	}
	return e.control.Flush()
}

// Close implements hub.Wire: the reason is an event of its own.
func (e *events) Close(why hub.Close) {
	e.closing.Do(func() {
		e.why = why
		close(e.done)
	})
}

// Ping implements line, with a comment.
func (e *events) Ping() {
	select {
	case e.pings <- struct{}{}:
	default:
	}
}

// LastHeard implements line: a client of events says nothing, and who is gone is
// noticed by writing.
func (e *events) LastHeard() time.Time { return time.Now() }

// serveAck is the ack frame of those without a WebSocket.
func (s *Server) serveAck(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), opTimeout)
	defer cancel()
	who, err := s.auth.Authenticate(ctx, bearer(r))
	if err != nil {
		status := http.StatusServiceUnavailable
		if errors.Is(err, ErrUnauthorized) {
			status = http.StatusUnauthorized
		}
		http.Error(w, refusal(err).Reason, status)
		return
	}
	var at place
	if err := decode(w, r, &at); err != nil || at.Epoch == "" {
		http.Error(w, `the body must be {"e":epoch,"n":number}`, http.StatusBadRequest)
		return
	}
	s.node.Ack(who.Client, realtime.Place(at.hub()))
	w.WriteHeader(http.StatusNoContent)
}
