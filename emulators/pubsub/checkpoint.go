package pubsub

import (
	"time"

	"lastmile/emulators/pubsub/queue"
)

const flushEvery = 50 * time.Millisecond

// checkpoint rewrites the journal to what is needed now. Everything stands still meanwhile.
func (s *Server) checkpoint() error {
	if s.ledger.journal == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.state.topics {
		t.mu.Lock()
		defer t.mu.Unlock()
	}
	for _, sub := range s.state.subs {
		sub.mu.Lock()
		defer sub.mu.Unlock()
	}
	return s.ledger.journal.Rewrite(func(add func(byte, []byte)) {
		d := &dump{add: add, known: map[uint64]bool{}}
		d.state(s.state)
	})
}

// dump writes a whole state; the locks of everything in it are held.
type dump struct {
	add   func(kind byte, body []byte)
	known map[uint64]bool // messages already written
}

func (d *dump) state(st registry) {
	for _, t := range st.topics {
		d.add(recTopic, record(nil).message(t.pb))
		for _, m := range t.history.messages {
			d.message(m)
			d.add(recHistory, record(nil).text(t.name).number(m.Seq))
		}
	}
	for _, sub := range st.subs {
		d.subscription(sub)
	}
	for _, snap := range st.snapshots {
		for _, m := range snap.backlog {
			d.message(m)
		}
		d.add(recSnapshot, snapshotRecord(snap))
	}
}

func (d *dump) subscription(sub *subscription) {
	d.add(recSub, record(nil).message(sub.pb))
	for _, m := range sub.queue.Unacked() {
		d.message(m)
		d.add(recBacklog, record(nil).text(sub.name).number(m.Seq).number(uint64(sub.queue.Failures(m.Seq))))
	}
	for _, m := range sub.queue.Retained() {
		d.message(m)
		d.add(recRetained, record(nil).text(sub.name).number(m.Seq))
	}
}

func (d *dump) message(m *queue.Message) {
	if !d.known[m.Seq] {
		d.known[m.Seq] = true
		d.add(recMessage, record(nil).bytes(m.Wire))
	}
}

// keep flushes what is not flushed by a request, and compacts the journal when it has grown.
func (s *Server) keep() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.work.closing:
			return
		case <-tick.C:
		}
		// An error stays with the journal, and the next request reports it.
		if s.ledger.flush() == nil && s.ledger.journal.Grown() {
			_ = s.checkpoint()
		}
	}
}
