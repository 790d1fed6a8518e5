package store

import (
	"sort"
	"time"
)

// Bounds on what is kept of the past.
const (
	window      = time.Hour
	maxVersions = 200_000
	maxPast     = 32 << 20 // bytes of memory for superseded documents, about
)

// inMemory is about how much larger a document is in memory than Firestore
// counts it.
const inMemory = 2

// history lists versions in commit order, so that the past can be forgotten
// from its far end and changes since a time can be found.
type history struct {
	versions []*version
	cost     int  // of the versions that these superseded
	floor    Time // reads before it cannot be answered
}

func (h *history) push(v *version) {
	h.versions = append(h.versions, v)
	h.cost += v.cost()
}

// cost is the memory that the history holds on to because of v, about.
func (v *version) cost() int {
	if v.prev == nil {
		return 0
	}
	return v.prev.size * inMemory
}

// expired counts the versions beyond the bounds.
func (h *history) expired(now Time) (n int) {
	oldest := now - Time(window.Microseconds())
	cost := h.cost
	for _, v := range h.versions {
		if len(h.versions)-n <= maxVersions && cost <= maxPast && v.at >= oldest {
			break
		}
		cost -= v.cost()
		n++
	}
	return n
}

// take removes the n oldest versions.
func (h *history) take(n int) []*version {
	gone := h.versions[:n:n]
	for _, v := range gone {
		h.cost -= v.cost()
		h.floor = v.at
	}
	h.versions = h.versions[n:]
	return gone
}

// since returns the versions after t; ok is false if some are forgotten.
func (h *history) since(t Time) (versions []*version, ok bool) {
	i := sort.Search(len(h.versions), func(i int) bool { return h.versions[i].at > t })
	return h.versions[i:], t >= h.floor
}
