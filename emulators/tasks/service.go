package tasks

import (
	"maps"
	"slices"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// service answers the RPCs of a Server.
type service struct {
	cloudtaskspb.UnimplementedCloudTasksServer
	s *Server
}

const maxPage = 1000

// page cuts one page out of names that sort after token.
func page(names []string, token string, size int32) (cut []string, next string) {
	slices.Sort(names)
	from, found := slices.BinarySearch(names, token)
	if found {
		from++
	}
	if size <= 0 || size > maxPage {
		size = maxPage
	}
	to := min(len(names), from+int(size))
	if to < len(names) {
		next = names[to-1]
	}
	return names[from:to], next
}

// queue returns an existing queue; Server.mu is held.
func (v *service) queue(name string) (*queue, error) {
	if err := checkQueueName(name); err != nil {
		return nil, err
	}
	q, ok := v.s.queues[name]
	if !ok {
		return nil, status.Error(codes.NotFound, queueMissing)
	}
	return q, nil
}

// task returns an existing task and its queue; Server.mu is held.
func (v *service) task(name string) (*queue, *task, error) {
	parent, id, err := splitTaskName(name)
	if err != nil {
		return nil, nil, err
	}
	q, err := v.queue(parent)
	if err != nil {
		return nil, nil, err
	}
	t, ok := q.tasks[id]
	switch {
	case ok:
		return q, t, nil
	case q.tombstones.reserved(id, v.s.now()):
		return nil, nil, status.Error(codes.NotFound, taskPast)
	}
	return nil, nil, status.Error(codes.NotFound, taskMissing)
}

func keys[V any](m map[string]V) []string { return slices.Collect(maps.Keys(m)) }
