package tasks

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"strconv"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// CreateTask implements cloudtaskspb.CloudTasksServer.
func (v *service) CreateTask(_ context.Context, r *cloudtaskspb.CreateTaskRequest) (*cloudtaskspb.Task, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, err := v.queue(r.GetParent())
	if err != nil {
		return nil, err
	}
	if err := checkTask(r.GetTask(), v.s.now()); err != nil {
		return nil, err
	}
	id, err := q.claim(r.GetTask().GetName())
	if err != nil {
		return nil, err
	}
	t, err := q.add(id, r.GetTask())
	if err != nil {
		return nil, err
	}
	return shown(t.pb, r.GetResponseView()), nil
}

// claim returns the id for a new task: that of its name, or one of the server's.
func (q *queue) claim(name string) (string, error) {
	if name == "" {
		var b [8]byte
		_, _ = rand.Read(b[:])
		return strconv.FormatUint(binary.BigEndian.Uint64(b[:]), 10), nil
	}
	parent, id, err := splitTaskName(name)
	if err != nil {
		return "", err
	}
	if parent != q.pb.GetName() {
		return "", status.Errorf(codes.InvalidArgument,
			"The queue name from request ('%s') must be the same as the queue name in the named task ('%s').", q.pb.GetName(), parent)
	}
	if _, ok := q.tasks[id]; ok {
		return "", status.Error(codes.AlreadyExists, taskExists)
	}
	if q.tombstones.reserved(id, q.server.now()) {
		return "", status.Error(codes.AlreadyExists, taskTooSoon)
	}
	return id, nil
}

// add keeps a checked task and lets it wait.
func (q *queue) add(id string, pb *cloudtaskspb.Task) (*task, error) {
	now := q.server.now()
	q.created++
	t := &task{
		pb:    accepted(pb, q.pb.GetName()+"/tasks/"+id, now),
		id:    id,
		lot:   id,
		order: q.created,
		place: -1,
	}
	if pb.GetName() == "" {
		t.lot = strconv.FormatUint(t.order, 10)
	}
	if err := q.server.store.putTask(t); err != nil {
		return nil, err
	}
	q.tasks[id] = t
	q.server.stats.Created++
	q.schedule(t, now)
	return t, nil
}

// GetTask implements cloudtaskspb.CloudTasksServer.
func (v *service) GetTask(_ context.Context, r *cloudtaskspb.GetTaskRequest) (*cloudtaskspb.Task, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	_, t, err := v.task(r.GetName())
	if err != nil {
		return nil, err
	}
	return shown(t.pb, r.GetResponseView()), nil
}

// ListTasks implements cloudtaskspb.CloudTasksServer.
func (v *service) ListTasks(_ context.Context, r *cloudtaskspb.ListTasksRequest) (*cloudtaskspb.ListTasksResponse, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, err := v.queue(r.GetParent())
	if err != nil {
		return nil, err
	}
	ids, next := page(keys(q.tasks), r.GetPageToken(), r.GetPageSize())
	resp := &cloudtaskspb.ListTasksResponse{NextPageToken: next}
	for _, id := range ids {
		resp.Tasks = append(resp.Tasks, shown(q.tasks[id].pb, r.GetResponseView()))
	}
	return resp, nil
}

// DeleteTask implements cloudtaskspb.CloudTasksServer.
func (v *service) DeleteTask(_ context.Context, r *cloudtaskspb.DeleteTaskRequest) (*emptypb.Empty, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, t, err := v.task(r.GetName())
	if err != nil {
		return nil, err
	}
	if err := q.remove(t, v.s.now()); err != nil {
		return nil, err
	}
	v.s.stats.Deleted++
	v.s.resting.Announce()
	return &emptypb.Empty{}, nil
}

// RunTask implements cloudtaskspb.CloudTasksServer: now, whatever the schedule,
// the rate limits and the state of the queue say.
func (v *service) RunTask(_ context.Context, r *cloudtaskspb.RunTaskRequest) (*cloudtaskspb.Task, error) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	q, t, err := v.task(r.GetName())
	if err != nil {
		return nil, err
	}
	if v.s.closed {
		return nil, status.Error(codes.Unavailable, "the emulator is shutting down")
	}
	q.unschedule(t)
	q.begin(t, v.s.now())
	return shown(t.pb, r.GetResponseView()), nil
}
