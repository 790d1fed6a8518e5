package logs

import (
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Thresholds say from when on an operation is slow, by its class: "read" is an
// HTTP request that only reads, "write" any other, "event" whatever else calls
// a function. A class without an entry is never slow.
type Thresholds map[string]time.Duration

// of returns the threshold of an operation, by the method that it begins with;
// 0 is none.
func (t Thresholds) of(operation string) time.Duration {
	method, _, _ := strings.Cut(operation, " ")
	switch method {
	case "GET", "HEAD", "OPTIONS":
		return t["read"]
	case "POST", "PUT", "PATCH", "DELETE":
		return t["write"]
	}
	return t["event"]
}

// Call is one thing that an operation waited for. Calls at the same time overlap.
type Call struct {
	Name   string  `json:"name" firestore:"name"`     // "firestore.Commit"
	AtMS   float64 `json:"atMs" firestore:"atMs"`     // when it began, since the operation did
	TookMS float64 `json:"tookMs" firestore:"tookMs"` // its time
}

const (
	maxCalls   = 40          // that the record of a slow operation lists
	slowWindow = time.Minute // in which the first slow call of an operation is told in full
	slowSample = 10          // of the others in a window, one of so many is told in full
	maxWatched = 1024        // operations that windows are kept for
)

// note keeps a call for the record of an operation that may turn out slow.
func (c *counter) note(name string, took time.Duration) {
	if c.op == nil || c.op.logs.slow == nil {
		return
	}
	at := c.op.logs.now().Sub(c.op.began) - took
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) == maxCalls {
		c.more++
		return
	}
	c.calls = append(c.calls, Call{Name: name, AtMS: milliseconds(at), TookMS: milliseconds(took)})
}

// detector tells which operations were slow, and which of them tell everything.
type detector struct {
	after Thresholds

	mu      sync.Mutex
	windows map[string]*window // guarded by mu; by operation
}

// window counts the slow calls of an operation in a while.
type window struct {
	began time.Time
	seen  int
}

func newDetector(after Thresholds) *detector {
	if len(after) == 0 {
		return nil
	}
	return &detector{after: after, windows: make(map[string]*window)}
}

// judge marks the record of a slow operation, and says what it waited for if it
// is the first of its kind in a while, or a sample of the others.
func (d *detector) judge(r *Record, took time.Duration, c *counter) {
	if d == nil {
		return
	}
	limit := d.after.of(r.Operation)
	if limit == 0 || took < limit {
		return
	}
	r.Slow = true
	if r.Level == severity(slog.LevelInfo) {
		r.Level = severity(slog.LevelWarn)
	}
	if d.full(r.Operation, r.Time.Add(took)) {
		c.mu.Lock()
		defer c.mu.Unlock()
		r.Calls = c.calls
		if c.more > 0 {
			r.Calls = append(r.Calls, Call{Name: "and others, not listed"})
		}
	}
}

// full reports whether a slow call of an operation is told in full.
func (d *detector) full(operation string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.windows[operation]
	if w == nil || now.Sub(w.began) >= slowWindow {
		if len(d.windows) >= maxWatched {
			clear(d.windows)
		}
		d.windows[operation] = &window{began: now, seen: 1}
		return true
	}
	w.seen++
	return w.seen%slowSample == 1
}
