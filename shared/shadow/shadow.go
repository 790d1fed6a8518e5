// Package shadow marks the handling of an event whose effects are compared with
// those of another handling of the same event.
//
// It owns the mark, which travels in the context, and the form in which effects
// are compared. What has effects on the outside asks the context: shared/docs,
// shared/bus and shared/timer do, and make none in a dry handling. Redis, files
// and calls to others are not covered: a handler with such effects asks [Dry]
// itself.
package shadow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"sync"
	"time"
)

// Handling is one handling of an event. Its methods are safe for concurrent use.
type Handling struct {
	// Record is the path of the document that keeps the comparison.
	Record string

	// Dry is true if effects are noted, not made.
	Dry bool

	// Before is the time whose state a dry handling reads: just before the other
	// handling changed it.
	Before time.Time

	mu      sync.Mutex
	effects Effects // guarded by mu
}

// Effects are what a handling did, in no order: a digest of each effect, and
// words for people to read. The same effect twice counts once.
type Effects map[string]string

// maxWords bounds the words for one effect, in bytes.
const maxWords = 200

// Add adds an effect: what it was, in words that name its kind and its object,
// and its content.
func (e Effects) Add(words string, content []byte) {
	h := sha256.New()
	h.Write([]byte(words))
	h.Write([]byte{0})
	h.Write(content)
	e["e"+hex.EncodeToString(h.Sum(nil)[:12])] = words[:min(len(words), maxWords)]
}

// Note adds effects to the handling.
func (h *Handling) Note(e Effects) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.effects == nil {
		h.effects = make(Effects, len(e))
	}
	maps.Copy(h.effects, e)
}

// Effects returns what was noted.
func (h *Handling) Effects() Effects {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.effects)
}

type key struct{}

// In returns a context of the handling.
func (h *Handling) In(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, h) }

// Of returns the handling that ctx belongs to; nil if nothing is compared.
func Of(ctx context.Context) *Handling {
	h, _ := ctx.Value(key{}).(*Handling)
	return h
}

// Dry reports whether effects under ctx must not be made.
func Dry(ctx context.Context) bool {
	h := Of(ctx)
	return h != nil && h.Dry
}

// Without returns ctx for carrying out what has been noted already.
func Without(ctx context.Context) context.Context {
	if Of(ctx) == nil {
		return ctx
	}
	return (*Handling)(nil).In(ctx)
}
