package pubsub

import (
	"time"

	"lastmile/emulators/pubsub/queue"
)

// history is what a topic keeps beyond acknowledgement: for its retention, and
// for as long as a snapshot needs it. Guarded by the lock of the topic.
type history struct {
	retention time.Duration
	messages  []*queue.Message // by time of publication
	snapshots map[*snapshot]bool
}

func (h *history) add(messages []*queue.Message, now time.Time) {
	if h.retention > 0 || len(h.snapshots) > 0 {
		h.messages = append(h.messages, messages...)
	}
	h.trim(now)
}

// trim forgets what neither the retention nor a snapshot asks for.
func (h *history) trim(now time.Time) {
	n := 0
	for n < len(h.messages) && !h.wanted(h.messages[n], now) {
		n++
	}
	clear(h.messages[:n])
	h.messages = h.messages[n:]
	if len(h.messages) == 0 {
		h.messages = nil
	}
}

func (h *history) wanted(m *queue.Message, now time.Time) bool {
	if h.retention > 0 && m.At.After(now.Add(-h.retention)) {
		return true
	}
	for s := range h.snapshots {
		if m.Seq > s.after && s.expires.After(now) {
			return true
		}
	}
	return false
}
