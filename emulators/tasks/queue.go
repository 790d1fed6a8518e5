package tasks

import (
	"container/heap"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// jumpPoll is how often a clock that is not the machine's is looked at.
const jumpPoll = 5 * time.Millisecond

// queue holds the tasks of one Cloud Tasks queue. Everything but the channels
// is guarded by Server.mu.
type queue struct {
	server *Server
	pb     *cloudtaskspb.Queue

	tasks      map[string]*task // by id: waiting or in flight
	waiting    dueHeap
	inFlight   int
	created    uint64 // tasks ever created, in order
	bucket     bucket
	tombstones tombstones

	wake chan struct{} // buffered by one: something may be due
	stop chan struct{} // closed when the queue is deleted or the server closes
}

// task is one task with what Google keeps about it and does not show.
type task struct {
	pb         *cloudtaskspb.Task
	id         string
	lot        string    // what its share of mischief is drawn by
	due        time.Time // when to dispatch; the schedule time unless mischief moved it
	order      uint64    // of creation, between tasks due at the same moment
	place      int       // in the heap; -1 = not waiting
	inFlight   int       // more than one only after RunTask
	executions int       // answers other than 5xx
	answered   int       // HTTP status of the last answer; 0 = none
}

func newQueue(s *Server, pb *cloudtaskspb.Queue) *queue {
	return &queue{
		server:     s,
		pb:         pb,
		tasks:      map[string]*task{},
		tombstones: tombstones{until: map[string]time.Time{}},
		wake:       make(chan struct{}, 1),
		stop:       make(chan struct{}),
	}
}

// loop dispatches what is due until the queue stops.
func (q *queue) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-q.wake:
		case <-q.stop:
			return
		}
		timer.Reset(q.dispatchDue())
	}
}

// nudge makes the loop look again.
func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// dispatchDue starts every attempt that is due and allowed, and returns how
// long the loop may sleep unless nudged.
func (q *queue) dispatchDue() time.Duration {
	s := q.server
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	q.prune(now)
	wait := time.Hour
	for len(q.waiting) > 0 && q.running() && q.inFlight < q.maxConcurrent() {
		next := q.waiting[0]
		if wait = next.due.Sub(now); wait > 0 {
			break
		}
		if wait = q.throttle(now); wait > 0 {
			break
		}
		heap.Pop(&q.waiting)
		q.bucket.tokens--
		q.begin(next, now)
		wait = time.Hour
	}
	if s.options.Now != nil {
		wait = min(wait, jumpPoll)
	}
	return wait
}

func (q *queue) running() bool {
	return q.pb.GetState() == cloudtaskspb.Queue_RUNNING && !q.server.closed
}

func (q *queue) maxConcurrent() int {
	return int(q.pb.GetRateLimits().GetMaxConcurrentDispatches())
}

// throttle is how long the rate limit holds the next dispatch back.
func (q *queue) throttle(now time.Time) time.Duration {
	if q.server.options.Unthrottled {
		return 0
	}
	limits := q.pb.GetRateLimits()
	return q.bucket.wait(now, limits.GetMaxDispatchesPerSecond(), float64(limits.GetMaxBurstSize()))
}

// busy reports whether something is in flight or about to be. A task that the
// rate limit holds back does not count when only the caller can move the clock.
func (q *queue) busy(now time.Time) bool {
	switch {
	case q.inFlight > 0:
		return true
	case !q.running() || len(q.waiting) == 0 || q.waiting[0].due.After(now):
		return false
	}
	return q.server.options.Now == nil || q.throttle(now) == 0
}

// schedule lets t wait for its schedule time, as mischief would have it.
func (q *queue) schedule(t *task, now time.Time) {
	t.due = q.server.Deliveries.due(t.lot, t.pb.GetScheduleTime().AsTime(), now)
	heap.Push(&q.waiting, t)
	q.nudge()
}

// unschedule takes t out of those that wait, if it does.
func (q *queue) unschedule(t *task) {
	if t.place >= 0 {
		heap.Remove(&q.waiting, t.place)
	}
}

// remove forgets t and reserves its name.
func (q *queue) remove(t *task, now time.Time) error {
	delete(q.tasks, t.id)
	q.unschedule(t)
	until := now.Add(q.server.options.Tombstone)
	q.tombstones.add(t.id, until)
	return q.server.store.bury(t.pb.GetName(), until)
}

// prune releases names whose reservation is over.
func (q *queue) prune(now time.Time) {
	for _, id := range q.tombstones.prune(now) {
		q.server.logStore(q.server.store.release(q.pb.GetName() + "/tasks/" + id))
	}
}

// reschedule puts t back for another attempt after wait.
func (q *queue) reschedule(t *task, now time.Time, wait time.Duration) error {
	t.pb.ScheduleTime = timestamppb.New(now.Add(wait).Truncate(time.Microsecond))
	q.schedule(t, now)
	return q.server.store.putTask(t)
}
