package httpapi

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
)

// maxHeld is how long an answer may be to be held back, in bytes.
const maxHeld = 64 << 10

// answer remembers the status that was sent. It holds a short answer back, so that
// it goes out whole, with its length: its reader then knows where it ends, whatever
// is still to be done for the request.
type answer struct {
	http.ResponseWriter
	status int
	held   *bytes.Buffer // nil before the first byte
	sent   bool          // what is written goes straight to the caller
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (a *answer) WriteHeader(status int) {
	switch {
	case 100 <= status && status < 200:
		a.ResponseWriter.WriteHeader(status)
	case a.status == 0:
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if !a.sent && a.length()+len(b) > maxHeld {
		if err := a.FlushError(); err != nil {
			return 0, err
		}
	}
	if a.sent {
		return a.ResponseWriter.Write(b)
	}
	if a.held == nil {
		a.held = buffers.Get().(*bytes.Buffer)
	}
	return a.held.Write(b)
}

func (a *answer) length() int {
	if a.held == nil {
		return 0
	}
	return a.held.Len()
}

// send gives the caller an answer that was held back.
func (a *answer) send() {
	if a.sent {
		return
	}
	h, bodiless := a.Header(), a.status == http.StatusNoContent || a.status == http.StatusNotModified
	if h["Content-Length"] == nil && !bodiless {
		h["Content-Length"] = []string{strconv.Itoa(a.length())}
	}
	_ = a.FlushError() // the caller has gone
}

// FlushError sends what there is. It is what [http.ResponseController] calls.
func (a *answer) FlushError() (err error) {
	if !a.sent {
		a.sent = true
		a.ResponseWriter.WriteHeader(a.code())
		if a.held != nil {
			_, err = a.ResponseWriter.Write(a.held.Bytes())
			a.release()
		}
	}
	if f, ok := a.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	return err
}

// forget drops an answer that was held back, for another one.
func (a *answer) forget() {
	a.release()
	a.status = 0
	a.Header().Del("Content-Length")
}

func (a *answer) release() {
	if a.held != nil {
		a.held.Reset()
		buffers.Put(a.held)
		a.held = nil
	}
}

// Unwrap lets [http.ResponseController] reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}
