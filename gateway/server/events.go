package server

import (
	"context"
	"encoding/json"
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
	e := &events{w: w, control: http.NewResponseController(w), done: make(chan struct{})}
	opening, cancel := context.WithTimeout(r.Context(), opTimeout)
	c := s.begin(opening, e, h)
	cancel()
	if c == nil {
		<-e.done
		return
	}
	defer c.end()
	select {
	case <-e.done:
	case <-r.Context().Done():
		c.conn.Close(hub.Close{Code: hub.CodeGone})
		<-e.done
	}
}

// events is the answer of serveEvents as a line.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController

	mu   sync.Mutex // held while writing
	over bool       // guarded by mu
	done chan struct{}
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
	if e.over {
		return http.ErrHandlerTimeout
	}
	return e.write(batch, by)
}

// write is WriteAll; mu is held.
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
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	e.over = true
	if why.Code != hub.CodeGone {
		text := fmt.Appendf(nil, "event: close\ndata: {\"code\":%d,\"reason\":%q}\n\n", why.Code, why.Reason)
		_ = e.write([][]byte{text}, time.Now().Add(time.Second)) // whoever does not take it is gone
	}
	close(e.done)
}

// Ping implements line, with a comment.
func (e *events) Ping() {
	if !e.mu.TryLock() {
		return
	}
	defer e.mu.Unlock()
	if !e.over {
		_ = e.write([][]byte{[]byte(":\n\n")}, time.Now().Add(time.Second)) // the next event meets the same error
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
		http.Error(w, refusal(err).Reason, http.StatusUnauthorized)
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
