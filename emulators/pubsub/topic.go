package pubsub

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/pubsub/queue"
)

// deletedTopic is what Google calls the topic of a subscription that lost it.
const deletedTopic = "_deleted-topic_"

// topic hands what is published to the subscriptions that it has at that moment.
type topic struct {
	srv  *Server
	name string

	mu      sync.Mutex // before the lock of any subscription
	pb      *pubsubpb.Topic
	subs    []*subscription
	history history
	deleted bool
}

func newTopic(srv *Server, pb *pubsubpb.Topic) *topic {
	return &topic{srv: srv, name: pb.GetName(), pb: pb, history: history{
		retention: pb.GetMessageRetentionDuration().AsDuration(),
		snapshots: map[*snapshot]bool{},
	}}
}

// publish stores the messages for every subscription and returns their ids.
func (t *topic) publish(messages []*pubsubpb.PubsubMessage) ([]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.deleted {
		return nil, notFound(t.name)
	}
	now := t.srv.now().Truncate(time.Microsecond)
	published := timestamppb.New(now)
	ids := make([]string, len(messages))
	out := make([]*queue.Message, len(messages))
	for i, m := range messages {
		seq := t.srv.seq.Add(1)
		ids[i] = strconv.FormatUint(seq, 10)
		m.MessageId, m.PublishTime = ids[i], published
		out[i] = queue.NewMessage(seq, now, m)
		t.srv.ledger.published(t.name, out[i])
	}
	t.history.add(out, now)
	for _, sub := range t.subs {
		sub.offer(out)
	}
	return ids, nil
}

func (t *topic) attach(sub *subscription) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.deleted {
		return notFound(t.name)
	}
	t.subs = append(t.subs, sub)
	t.srv.ledger.subscription(sub.pb)
	return nil
}

func (t *topic) subscriptionNames() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, sub := range t.subs {
		names = append(names, sub.name)
	}
	return names
}

// update changes the fields that the paths name.
func (t *topic) update(in *pubsubpb.Topic, paths []string) (*pubsubpb.Topic, error) {
	if len(paths) == 0 {
		return nil, invalid("The update_mask in the UpdateTopicRequest must be set, and must contain a non-empty paths list.")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	pb := proto.CloneOf(t.pb)
	for _, path := range paths {
		if !topicFields[path] {
			return nil, invalid("Invalid update_mask provided in the UpdateTopicRequest: '%s' is not a known Topic field that can be changed.", path)
		}
		copyField(pb.ProtoReflect(), in.ProtoReflect(), path)
	}
	if err := checkTopic(pb); err != nil {
		return nil, err
	}
	t.set(pb)
	t.srv.ledger.topic(pb)
	return pb, nil
}

func (t *topic) set(pb *pubsubpb.Topic) {
	t.pb = pb
	t.history.retention = pb.GetMessageRetentionDuration().AsDuration()
	t.history.trim(t.srv.now())
}

var topicFields = map[string]bool{
	"labels": true, "message_storage_policy": true, "message_retention_duration": true,
	"schema_settings": true, "kms_key_name": true, "ingestion_data_source_settings": true, "message_transforms": true,
}

func copyField(to, from protoreflect.Message, name string) {
	f := to.Descriptor().Fields().ByName(protoreflect.Name(name))
	if from.Has(f) {
		to.Set(f, from.Get(f))
	} else {
		to.Clear(f)
	}
}

func (t *topic) detach(sub *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.subs = slices.DeleteFunc(t.subs, func(x *subscription) bool { return x == sub })
}

// end deletes the topic; its subscriptions live on without one.
func (t *topic) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deleted = true
	t.srv.ledger.gone(recTopicGone, t.name)
	for _, sub := range t.subs {
		sub.orphan()
	}
	t.subs = nil
}

func (t *topic) proto() *pubsubpb.Topic {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pb
}
