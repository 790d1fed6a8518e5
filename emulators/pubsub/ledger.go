package pubsub

import (
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"lastmile/emulators/pubsub/journal"
	"lastmile/emulators/pubsub/queue"
)

// ledger writes down what must survive a restart, in the order in which it happens: each
// method is called under the lock of what it is about. Without a journal it does nothing.
type ledger struct{ journal *journal.Journal }

func (l ledger) add(kind byte, r record) {
	if l.journal != nil {
		l.journal.Append(kind, r)
	}
}

// flush makes everything so far survive the death of the process.
func (l ledger) flush() error {
	if l.journal == nil {
		return nil
	}
	if err := l.journal.Flush(); err != nil {
		return internal("The state could not be stored: %v", err)
	}
	return nil
}

func (l ledger) topic(pb *pubsubpb.Topic) { l.add(recTopic, record(nil).message(pb)) }

func (l ledger) subscription(pb *pubsubpb.Subscription) { l.add(recSub, record(nil).message(pb)) }

func (l ledger) gone(kind byte, name string) { l.add(kind, record(nil).text(name)) }

func (l ledger) snapshot(s *snapshot) { l.add(recSnapshot, snapshotRecord(s)) }

func snapshotRecord(s *snapshot) record {
	r := record(nil).message(s.pb).number(s.after).number(uint64(len(s.backlog)))
	for _, m := range s.backlog {
		r = r.number(m.Seq)
	}
	return r
}

func (l ledger) published(topic string, m *queue.Message) {
	if l.journal != nil {
		l.add(recPublished, record(nil).text(topic).bytes(m.Wire))
	}
}

func (l ledger) acked(sub string, m *queue.Message) {
	if l.journal != nil {
		l.add(recAcked, record(make([]byte, 0, 96)).text(sub).number(m.Seq))
	}
}

func (l ledger) failed(sub string, m *queue.Message, failures int) {
	if l.journal != nil {
		l.add(recFailed, record(make([]byte, 0, 96)).text(sub).number(m.Seq).number(uint64(failures)))
	}
}
