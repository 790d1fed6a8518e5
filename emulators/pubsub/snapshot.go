package pubsub

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/pubsub/queue"
)

const (
	snapshotLife    = 7 * day
	minSnapshotLife = time.Hour
)

// snapshot is what was unacknowledged in a subscription at one moment, and everything
// published to its topic since. Only pb changes, under the lock of the server.
type snapshot struct {
	pb      *pubsubpb.Snapshot
	topic   *topic
	after   uint64 // the newest message when it was taken
	backlog []*queue.Message
	expires time.Time
}

// CreateSnapshot is an RPC.
func (r *subscriber) CreateSnapshot(_ context.Context, in *pubsubpb.CreateSnapshotRequest) (*pubsubpb.Snapshot, error) {
	if in.GetName() == "" {
		in = proto.CloneOf(in)
		in.Name = fmt.Sprintf("projects/%s/snapshots/snapshot-%d", projectPart(in.GetSubscription()), r.srv.uid())
	}
	if err := checkName("snapshots", in.GetName()); err != nil {
		return nil, err
	}
	sub, err := r.find(in.GetSubscription())
	if err != nil {
		return nil, err
	}
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	if old := r.srv.state.snapshots[in.GetName()]; old != nil && old.expires.After(r.srv.now()) {
		return nil, exists(in.GetName())
	}
	snap, err := sub.snapshot(in)
	if err != nil {
		return nil, err
	}
	r.srv.state.snapshots[in.GetName()] = snap
	r.srv.ledger.snapshot(snap)
	return snap.pb, r.srv.ledger.flush()
}

// snapshot keeps the backlog of s, and has its topic keep what comes.
func (s *subscription) snapshot(in *pubsubpb.CreateSnapshotRequest) (*snapshot, error) {
	t := s.currentTopic()
	if t == nil {
		return nil, precondition("The subscription has no topic (resource=%s).", lastPart(s.name))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	snap := &snapshot{topic: t, after: s.srv.seq.Load()}
	s.do(func(q *queue.Queue, now time.Time) {
		snap.backlog = q.Unacked()
		snap.expires = now.Add(snapshotLife)
		if oldest := q.Oldest(); !oldest.IsZero() {
			snap.expires = oldest.Add(snapshotLife)
		}
	})
	if snap.expires.Sub(s.srv.now()) < minSnapshotLife {
		return nil, precondition("The snapshot would expire in less than 1 hour: the oldest unacknowledged message is too old.")
	}
	snap.pb = &pubsubpb.Snapshot{Name: in.GetName(), Topic: t.name, ExpireTime: timestamppb.New(snap.expires), Labels: in.GetLabels()}
	t.history.snapshots[snap] = true
	return snap, nil
}

// liveSnapshot is the snapshot of that name. The lock of the server is held.
func (s *Server) liveSnapshot(name string) (*snapshot, error) {
	snap := s.state.snapshots[name]
	if snap == nil || !snap.expires.After(s.now()) {
		return nil, notFound(name)
	}
	return snap, nil
}

// GetSnapshot is an RPC.
func (r *subscriber) GetSnapshot(_ context.Context, in *pubsubpb.GetSnapshotRequest) (*pubsubpb.Snapshot, error) {
	r.srv.mu.RLock()
	defer r.srv.mu.RUnlock()
	snap, err := r.srv.liveSnapshot(in.GetSnapshot())
	if err != nil {
		return nil, err
	}
	return snap.pb, nil
}

// ListSnapshots is an RPC.
func (r *subscriber) ListSnapshots(_ context.Context, in *pubsubpb.ListSnapshotsRequest) (*pubsubpb.ListSnapshotsResponse, error) {
	r.srv.mu.RLock()
	defer r.srv.mu.RUnlock()
	snaps, next, err := page(r.srv.state.snapshots, in.GetProject(), in.GetPageSize(), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pubsubpb.ListSnapshotsResponse{NextPageToken: next}
	for _, snap := range snaps {
		if snap.expires.After(r.srv.now()) {
			out.Snapshots = append(out.Snapshots, snap.pb)
		}
	}
	return out, nil
}

// UpdateSnapshot is an RPC.
func (r *subscriber) UpdateSnapshot(_ context.Context, in *pubsubpb.UpdateSnapshotRequest) (*pubsubpb.Snapshot, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	snap, err := r.srv.liveSnapshot(in.GetSnapshot().GetName())
	if err != nil {
		return nil, err
	}
	pb := proto.CloneOf(snap.pb)
	for _, path := range in.GetUpdateMask().GetPaths() {
		switch path {
		case "labels":
			pb.Labels = in.GetSnapshot().GetLabels()
		case "expire_time":
			pb.ExpireTime = in.GetSnapshot().GetExpireTime()
		default:
			return nil, invalid("Invalid update_mask provided in the UpdateSnapshotRequest: '%s' is not a Snapshot field that can be changed.", path)
		}
	}
	snap.topic.mu.Lock() // its history reads the time
	defer snap.topic.mu.Unlock()
	snap.pb, snap.expires = pb, pb.GetExpireTime().AsTime()
	r.srv.ledger.snapshot(snap)
	return pb, r.srv.ledger.flush()
}

// DeleteSnapshot is an RPC.
func (r *subscriber) DeleteSnapshot(_ context.Context, in *pubsubpb.DeleteSnapshotRequest) (*emptypb.Empty, error) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	snap := r.srv.state.snapshots[in.GetSnapshot()]
	if snap == nil {
		return nil, notFound(in.GetSnapshot())
	}
	delete(r.srv.state.snapshots, in.GetSnapshot())
	snap.topic.forget(snap)
	r.srv.ledger.gone(recSnapshotGone, in.GetSnapshot())
	return &emptypb.Empty{}, r.srv.ledger.flush()
}

// ListTopicSnapshots is an RPC.
func (p *publisher) ListTopicSnapshots(_ context.Context, in *pubsubpb.ListTopicSnapshotsRequest) (*pubsubpb.ListTopicSnapshotsResponse, error) {
	t, err := p.srv.topic(in.GetTopic())
	if err != nil {
		return nil, err
	}
	p.srv.mu.RLock()
	defer p.srv.mu.RUnlock()
	var names []string
	for name, snap := range p.srv.state.snapshots {
		if snap.topic == t && snap.expires.After(p.srv.now()) {
			names = append(names, name)
		}
	}
	names, next, err := pageOf(names, in.GetPageSize(), in.GetPageToken())
	return &pubsubpb.ListTopicSnapshotsResponse{Snapshots: names, NextPageToken: next}, err
}
