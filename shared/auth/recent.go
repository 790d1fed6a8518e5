package auth

import (
	"crypto/sha256"
	"sync"
)

// recentKept is how many entries a process keeps of each kind, at most twice.
const recentKept = 10_000

// recent remembers what was used lately: in two generations, of which the older
// one goes when the younger is full.
type recent[V any] struct {
	size int

	mu         sync.Mutex
	young, old map[string]V // guarded by mu
}

func newRecent[V any](size int) *recent[V] {
	return &recent[V]{size: size, young: make(map[string]V)}
}

func (r *recent[V]) get(key string) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.young[key]
	if ok {
		return v, true
	}
	if v, ok = r.old[key]; ok {
		r.add(key, v)
	}
	return v, ok
}

func (r *recent[V]) put(key string, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(key, v)
}

// add puts an entry into the younger generation; mu is held.
func (r *recent[V]) add(key string, v V) {
	if len(r.young) >= r.size {
		r.old, r.young = r.young, make(map[string]V)
	}
	r.young[key] = v
}

// digest is what a secret is remembered by.
func digest(secret string) string {
	var room [512]byte // of most tokens, so that hashing one allocates nothing
	h := sha256.Sum256(append(room[:0], secret...))
	return string(h[:])
}
