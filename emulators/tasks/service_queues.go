package tasks

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// queueTombstone is how long the name of a deleted queue stays reserved.
const queueTombstone = 72 * time.Hour

// CreateQueue implements cloudtaskspb.CloudTasksServer.
func (v *service) CreateQueue(_ context.Context, r *cloudtaskspb.CreateQueueRequest) (*cloudtaskspb.Queue, error) {
	name := r.GetQueue().GetName()
	if err := checkLocation(r.GetParent()); err != nil {
		return nil, err
	}
	if err := checkQueueName(name); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(name, r.GetParent()+"/queues/") {
		return nil, status.Errorf(codes.InvalidArgument, "%s must begin with %s.", name, r.GetParent())
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if _, ok := v.s.queues[name]; ok {
		return nil, status.Error(codes.AlreadyExists, "Queue already exists")
	}
	return v.addQueue(r.GetQueue())
}

// addQueue creates a queue that does not exist; Server.mu is held.
func (v *service) addQueue(pb *cloudtaskspb.Queue) (*cloudtaskspb.Queue, error) {
	s := v.s
	if err := checkQueue(pb); err != nil {
		return nil, err
	}
	if s.now().Before(s.gone[pb.GetName()]) {
		return nil, status.Error(codes.FailedPrecondition, queueTooSoon)
	}
	if s.closed {
		return nil, status.Error(codes.Unavailable, "the emulator is shutting down")
	}
	fresh := withDefaults(pb)
	fresh.State, fresh.PurgeTime = cloudtaskspb.Queue_RUNNING, nil
	if err := s.store.putQueue(fresh); err != nil {
		return nil, err
	}
	delete(s.gone, pb.GetName())
	q := newQueue(s, fresh)
	s.queues[pb.GetName()] = q
	s.running.Go(q.loop)
	return proto.CloneOf(fresh), nil
}

// GetQueue implements cloudtaskspb.CloudTasksServer.
func (v *service) GetQueue(_ context.Context, r *cloudtaskspb.GetQueueRequest) (*cloudtaskspb.Queue, error) {
	return v.change(r.GetName(), func(*queue) {})
}

// ListQueues implements cloudtaskspb.CloudTasksServer.
func (v *service) ListQueues(_ context.Context, r *cloudtaskspb.ListQueuesRequest) (*cloudtaskspb.ListQueuesResponse, error) {
	if err := checkLocation(r.GetParent()); err != nil {
		return nil, err
	}
	if r.GetFilter() != "" {
		return nil, status.Error(codes.Unimplemented, "filter is not emulated; list all queues.")
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	var names []string
	for name := range v.s.queues {
		if strings.HasPrefix(name, r.GetParent()+"/queues/") {
			names = append(names, name)
		}
	}
	names, next := page(names, r.GetPageToken(), r.GetPageSize())
	resp := &cloudtaskspb.ListQueuesResponse{NextPageToken: next}
	for _, name := range names {
		resp.Queues = append(resp.Queues, proto.CloneOf(v.s.queues[name].pb))
	}
	return resp, nil
}

// UpdateQueue implements cloudtaskspb.CloudTasksServer.
func (v *service) UpdateQueue(_ context.Context, r *cloudtaskspb.UpdateQueueRequest) (*cloudtaskspb.Queue, error) {
	name := r.GetQueue().GetName()
	if err := checkQueueName(name); err != nil {
		return nil, err
	}
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, ok := v.s.queues[name]
	if !ok {
		return v.addQueue(r.GetQueue())
	}
	changed := proto.CloneOf(q.pb)
	if err := update(changed, r.GetQueue(), r.GetUpdateMask().GetPaths()); err != nil {
		return nil, err
	}
	if err := checkQueue(changed); err != nil {
		return nil, err
	}
	changed = withDefaults(changed)
	if err := v.s.store.putQueue(changed); err != nil {
		return nil, err
	}
	q.pb = changed
	q.nudge()
	return proto.CloneOf(changed), nil
}

// DeleteQueue implements cloudtaskspb.CloudTasksServer.
func (v *service) DeleteQueue(_ context.Context, r *cloudtaskspb.DeleteQueueRequest) (*emptypb.Empty, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, err := v.queue(r.GetName())
	if status.Code(err) == codes.NotFound {
		return nil, status.Error(codes.NotFound, taskMissing)
	}
	if err != nil {
		return nil, err
	}
	until := v.s.now().Add(queueTombstone)
	if err := v.s.store.deleteQueue(r.GetName(), until); err != nil {
		return nil, err
	}
	close(q.stop)
	delete(v.s.queues, r.GetName())
	v.s.gone[r.GetName()] = until
	q.tasks, q.waiting = nil, nil
	v.s.resting.Announce()
	return &emptypb.Empty{}, nil
}

// PurgeQueue implements cloudtaskspb.CloudTasksServer.
func (v *service) PurgeQueue(_ context.Context, r *cloudtaskspb.PurgeQueueRequest) (*cloudtaskspb.Queue, error) {
	return v.change(r.GetName(), func(q *queue) {
		now := v.s.now()
		for _, t := range q.tasks {
			v.s.stats.Deleted++
			v.s.logStore(q.remove(t, now))
		}
		q.pb.PurgeTime = timestamppb.New(now)
	})
}

// PauseQueue implements cloudtaskspb.CloudTasksServer.
func (v *service) PauseQueue(_ context.Context, r *cloudtaskspb.PauseQueueRequest) (*cloudtaskspb.Queue, error) {
	return v.change(r.GetName(), func(q *queue) { q.pb.State = cloudtaskspb.Queue_PAUSED })
}

// ResumeQueue implements cloudtaskspb.CloudTasksServer.
func (v *service) ResumeQueue(_ context.Context, r *cloudtaskspb.ResumeQueueRequest) (*cloudtaskspb.Queue, error) {
	return v.change(r.GetName(), func(q *queue) { q.pb.State = cloudtaskspb.Queue_RUNNING })
}

// change edits a queue and returns what it is then.
func (v *service) change(name string, edit func(*queue)) (*cloudtaskspb.Queue, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, err := v.queue(name)
	if err != nil {
		return nil, err
	}
	before := proto.CloneOf(q.pb)
	edit(q)
	if !proto.Equal(before, q.pb) {
		if err := v.s.store.putQueue(q.pb); err != nil {
			return nil, err
		}
		q.nudge()
		v.s.resting.Announce()
	}
	return proto.CloneOf(q.pb), nil
}
