package pubsub

import (
	"fmt"
	"strconv"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"lastmile/emulators/pubsub/journal"
	"lastmile/emulators/pubsub/queue"
)

// restore rebuilds the state from the records of a journal, before the server serves.
type restore struct {
	srv      *Server
	now      time.Time
	messages map[uint64]*queue.Message
}

// load opens the journal of the server's directory and begins a compact one.
func (s *Server) load() error {
	r := &restore{srv: s, now: s.now(), messages: map[uint64]*queue.Message{}}
	j, err := journal.Open(s.opts.Dir, r.apply)
	if err != nil {
		return err
	}
	for _, sub := range s.state.subs {
		s.pending.add(sub.queue.Len())
	}
	s.ledger.journal = j
	return s.checkpoint()
}

func (r *restore) apply(kind byte, body []byte) error {
	in := &reading{rest: body}
	switch kind {
	case recTopic:
		r.topic(in)
	case recTopicGone:
		r.topicGone(in.text())
	case recSub:
		return r.subscription(in)
	case recSubGone:
		r.subscriptionGone(in.text())
	case recSnapshot:
		r.snapshot(in)
	case recSnapshotGone:
		r.snapshotGone(in.text())
	case recPublished:
		r.published(in.text(), r.message(in))
	case recMessage:
		r.message(in)
	case recHistory:
		r.history(in.text(), in.number())
	case recBacklog, recRetained, recAcked, recFailed:
		r.delivery(kind, in)
	default:
		return fmt.Errorf("%w: kind %q is not known", errRecord, kind)
	}
	return in.err
}

func (r *restore) topic(in *reading) {
	pb := &pubsubpb.Topic{}
	in.message(pb)
	if t := r.srv.state.topics[pb.GetName()]; t != nil {
		t.set(pb)
		return
	}
	r.srv.state.topics[pb.GetName()] = newTopic(r.srv, pb)
}

func (r *restore) topicGone(name string) {
	if t := r.srv.state.topics[name]; t != nil {
		delete(r.srv.state.topics, name)
		t.end()
	}
}

func (r *restore) subscription(in *reading) error {
	pb := &pubsubpb.Subscription{}
	if in.message(pb); in.err != nil {
		return in.err
	}
	set, err := settingsOf(pb)
	if err != nil {
		return err
	}
	sub := r.srv.state.subs[pb.GetName()]
	if sub == nil {
		t := r.srv.state.topics[pb.GetTopic()]
		sub = newSubscription(r.srv, pb, t, set)
		if t != nil && !pb.GetDetached() {
			t.subs = append(t.subs, sub)
		}
		r.srv.state.subs[pb.GetName()] = sub
	}
	sub.pb, sub.settings = pb, set
	sub.queue.SetPolicy(set.policy)
	if pb.GetDetached() {
		sub.leaveTopic()
		sub.gone = errDetached(sub.name)
		sub.queue.Reset(nil, r.now)
	}
	return nil
}

func (r *restore) subscriptionGone(name string) {
	if sub := r.srv.state.subs[name]; sub != nil {
		delete(r.srv.state.subs, name)
		sub.leaveTopic()
	}
}

func (r *restore) snapshot(in *reading) {
	snap := &snapshot{pb: &pubsubpb.Snapshot{}}
	in.message(snap.pb)
	snap.after, snap.expires = in.number(), snap.pb.GetExpireTime().AsTime()
	for n := in.number(); n > 0 && in.err == nil; n-- {
		if m := r.messages[in.number()]; m != nil {
			snap.backlog = append(snap.backlog, m)
		}
	}
	if snap.topic = r.srv.state.topics[snap.pb.GetTopic()]; snap.topic != nil {
		snap.topic.history.snapshots[snap] = true
		r.srv.state.snapshots[snap.pb.GetName()] = snap
	}
}

func (r *restore) snapshotGone(name string) {
	if snap := r.srv.state.snapshots[name]; snap != nil {
		delete(r.srv.state.snapshots, name)
		snap.topic.forget(snap)
	}
}

// message reads a message and keeps it for the records that name it.
func (r *restore) message(in *reading) *queue.Message {
	body := &pubsubpb.PubsubMessage{}
	in.message(body)
	seq, err := strconv.ParseUint(body.GetMessageId(), 10, 64)
	if err != nil {
		in.err = errRecord
	}
	m := queue.NewMessage(seq, body.GetPublishTime().AsTime(), body)
	r.messages[seq] = m
	if seq > r.srv.seq.Load() {
		r.srv.seq.Store(seq)
	}
	return m
}

func (r *restore) published(topic string, m *queue.Message) {
	t := r.srv.state.topics[topic]
	if t == nil {
		return
	}
	t.history.add([]*queue.Message{m}, r.now)
	for _, sub := range t.subs {
		if sub.wants(m) {
			sub.queue.Restore(m, 0, r.now)
		}
	}
}

func (r *restore) history(topic string, seq uint64) {
	if t, m := r.srv.state.topics[topic], r.messages[seq]; t != nil && m != nil {
		t.history.messages = append(t.history.messages, m)
	}
}

// delivery applies what happened to one message in one subscription.
func (r *restore) delivery(kind byte, in *reading) {
	sub, seq := r.srv.state.subs[in.text()], in.number()
	m := r.messages[seq]
	if sub == nil || m == nil {
		return
	}
	switch kind {
	case recBacklog:
		sub.queue.Restore(m, int(in.number()), r.now)
	case recRetained:
		sub.queue.Retain(m)
	case recAcked:
		sub.queue.Settle(seq, r.now)
	case recFailed:
		sub.queue.Fault(seq, int(in.number()))
	}
}
