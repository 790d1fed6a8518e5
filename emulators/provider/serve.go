package provider

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const maxLimit = 250

// serve answers requests in a style.
func (s *Server) serve(st style) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.counts.add(st.path)
		if !s.admits(st, r) {
			refuse(w, http.StatusUnauthorized, "send the key in "+st.header)
			return
		}
		asked, err := st.read(r)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		faults := s.faults.take(st.path, asked.index)
		if faults.spoil(w, r) {
			return
		}
		body, err := s.render(st, w.Header(), asked, faults, "http://"+r.Host)
		if err != nil {
			refuse(w, http.StatusInternalServerError, err.Error())
			return
		}
		faults.send(w, body)
	})
}

func (s *Server) admits(st style, r *http.Request) bool {
	given := strings.TrimPrefix(r.Header.Get(st.header), st.scheme+" ")
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.key)) == 1
}

func (st style) read(r *http.Request) (request, error) {
	q := r.URL.Query()
	limit, ok := number(q.Get(st.size), 25)
	if !ok || limit < 1 || limit > maxLimit {
		return request{}, fmt.Errorf("%s is %q: use 1 to %d", st.size, q.Get(st.size), maxLimit)
	}
	return st.ask(q, limit)
}

// render returns the page that was asked for.
func (s *Server) render(st style, h http.Header, asked request, faults acting, base string) ([]byte, error) {
	if faults.has(Shift) {
		s.shelf.insert()
	}
	found := st.find(s.shelf, asked)
	items := make([]json.RawMessage, 0, len(found.slots)+1)
	for i, at := range found.slots {
		p := s.shelf.product(at)
		if i == 0 && faults.has(Malformed) {
			p.Name = ""
		}
		raw, err := json.Marshal(st.dress(p, p.picture(base)))
		if err != nil {
			return nil, fmt.Errorf("product %s: %w", p.ID, err)
		}
		items = append(items, raw)
	}
	if len(items) > 0 && faults.has(Duplicate) {
		items = append(items, items[0])
	}
	return json.Marshal(st.answer(h, found, items))
}

func (p product) picture(base string) string {
	if p.Image != "" {
		return p.Image
	}
	return base + "/images/" + p.ID + ".png"
}

// spoil lets the faults act that come instead of an answer.
func (a acting) spoil(w http.ResponseWriter, r *http.Request) bool {
	if slow, ok := a.find(Slow); ok {
		select {
		case <-time.After(time.Duration(slow.DelayMillis) * time.Millisecond):
		case <-r.Context().Done():
			return true
		}
	}
	if a.has(Down) {
		panic(http.ErrAbortHandler)
	}
	if fault, ok := a.find(Status); ok {
		if fault.RetryAfterSeconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(fault.RetryAfterSeconds))
		}
		refuse(w, fault.Status, "misbehaving as asked")
		return true
	}
	if a.has(ContentType) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>Sign in</title>"))
		return true
	}
	return false
}

// send writes the body, or half of it.
func (a acting) send(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if !a.has(Truncated) {
		_, _ = bytes.NewReader(body).WriteTo(w)
		return
	}
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": why})
}

// Requests returns how many requests came for a path, "/offset/products".
func (s *Server) Requests(path string) int { return s.counts.of(path) }

type counts struct {
	mu sync.Mutex
	n  map[string]int // guarded by mu
}

func (c *counts) add(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[path]++
}

func (c *counts) of(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[path]
}
