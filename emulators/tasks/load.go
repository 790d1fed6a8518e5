package tasks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"
)

// load opens the store, if there is to be one, and takes over its state. An
// attempt that was in flight when the process died is made again.
func (s *Server) load() error {
	if s.options.Dir == "" {
		return nil
	}
	opened, err := openStore(s.options.Dir)
	if err != nil {
		return err
	}
	s.store = opened
	err = opened.db.View(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(queuesBucket).ForEach(s.loadQueue); err != nil {
			return err
		}
		if err := tx.Bucket(tasksBucket).ForEach(s.loadTask); err != nil {
			return err
		}
		return tx.Bucket(goneBucket).ForEach(s.loadGone)
	})
	if err != nil {
		_ = opened.close()
		return fmt.Errorf("load %s/tasks.db: %w", s.options.Dir, err)
	}
	for _, q := range s.queues {
		q.tombstones.sort()
	}
	return nil
}

func (s *Server) loadQueue(name, b []byte) error {
	pb := &cloudtaskspb.Queue{}
	if err := proto.Unmarshal(b, pb); err != nil {
		return fmt.Errorf("queue %s: %w", name, err)
	}
	s.queues[string(name)] = newQueue(s, pb)
	return nil
}

func (s *Server) loadTask(name, b []byte) error {
	var k kept
	pb := &cloudtaskspb.Task{}
	if err := json.Unmarshal(b, &k); err != nil {
		return fmt.Errorf("task %s: %w", name, err)
	}
	if err := proto.Unmarshal(k.Task, pb); err != nil {
		return fmt.Errorf("task %s: %w", name, err)
	}
	parent, id, _ := strings.Cut(string(name), "/tasks/")
	q, ok := s.queues[parent]
	if !ok {
		return fmt.Errorf("task %s: its queue is missing", name)
	}
	t := &task{pb: pb, id: id, lot: k.Lot, order: k.Order, executions: k.Executions, answered: k.Answered, place: -1}
	q.tasks[id] = t
	q.created = max(q.created, k.Order)
	q.schedule(t, s.now())
	return nil
}

func (s *Server) loadGone(name, b []byte) error {
	parent, id, ofTask := strings.Cut(string(name), "/tasks/")
	switch q, ok := s.queues[parent]; {
	case !ofTask:
		s.gone[parent] = unstamp(b)
	case ok:
		q.tombstones.add(id, unstamp(b))
	}
	return nil
}

// sort restores the order of release after loading.
func (t *tombstones) sort() {
	slices.SortFunc(t.order, func(a, b string) int {
		return cmp.Or(t.until[a].Compare(t.until[b]), strings.Compare(a, b))
	})
}
