package intake

import (
	"sync"

	"lastmile/shared/track"
)

// memory remembers the histories of the couriers that reported last: at least
// limit of them, at most twice as many. When the young are limit many, they
// become the old, and the old are forgotten.
type memory struct {
	limit int

	mu         sync.Mutex
	young, old map[track.CourierID]track.History // guarded by mu
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, young: make(map[track.CourierID]track.History)}
}

func (m *memory) get(c track.CourierID) (track.History, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.young[c]
	if !ok {
		h, ok = m.old[c]
	}
	return h, ok
}

// put remembers h, unless another call has learnt of a newer fix meanwhile.
func (m *memory) put(c track.CourierID, h track.History) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.young[c]; ok && known.Last.Compare(h.Last) > 0 {
		return
	}
	if len(m.young) >= m.limit {
		m.young, m.old = make(map[track.CourierID]track.History, m.limit), m.young
	}
	m.young[c] = h
}
