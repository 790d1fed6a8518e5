package server

import "sync"

// wheel goes round all sessions: one slot at a turn, so that one goroutine looks
// after them all, a few at a time. Whoever joins gets a slot in turn.
type wheel struct {
	slots []slot

	mu   sync.Mutex
	next int // slot of whoever joins; guarded by mu
	at   int // slot of the next turn; owned by whoever turns
}

type slot struct {
	mu       sync.Mutex
	sessions []*session // guarded by mu
}

func newWheel(slots int) *wheel { return &wheel{slots: make([]slot, slots)} }

func (w *wheel) add(s *session) {
	w.mu.Lock()
	s.slot = w.next
	w.next = (w.next + 1) % len(w.slots)
	w.mu.Unlock()
	sl := &w.slots[s.slot]
	sl.mu.Lock()
	defer sl.mu.Unlock()
	s.index = len(sl.sessions)
	sl.sessions = append(sl.sessions, s)
}

func (w *wheel) remove(s *session) {
	sl := &w.slots[s.slot]
	sl.mu.Lock()
	defer sl.mu.Unlock()
	end := len(sl.sessions) - 1
	sl.sessions[s.index] = sl.sessions[end]
	sl.sessions[s.index].index = s.index
	sl.sessions[end] = nil
	sl.sessions = sl.sessions[:end]
}

// turn visits the sessions of one slot.
func (w *wheel) turn(visit func(*session)) {
	w.slots[w.at].each(visit)
	w.at = (w.at + 1) % len(w.slots)
}

// each visits all sessions.
func (w *wheel) each(visit func(*session)) {
	for i := range w.slots {
		w.slots[i].each(visit)
	}
}

func (sl *slot) each(visit func(*session)) {
	sl.mu.Lock()
	sessions := append([]*session(nil), sl.sessions...)
	sl.mu.Unlock()
	for _, s := range sessions {
		visit(s)
	}
}
