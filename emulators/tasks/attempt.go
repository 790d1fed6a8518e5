package tasks

import (
	"context"
	"log/slog"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// begin starts an attempt at t, which is not waiting. Server.mu is held.
func (q *queue) begin(t *task, now time.Time) {
	s := q.server
	if s.Deliveries.drops(t.lot) {
		s.stats.Dropped++
		s.logStore(q.remove(t, now))
		s.resting.Announce()
		return
	}
	q.inFlight++
	t.inFlight++
	s.stats.Dispatched++
	t.pb.DispatchCount++
	dispatched := timestamppb.New(now.Truncate(time.Microsecond))
	if t.pb.FirstAttempt == nil {
		t.pb.FirstAttempt = &cloudtaskspb.Attempt{DispatchTime: dispatched}
	}
	t.pb.LastAttempt = &cloudtaskspb.Attempt{ScheduleTime: t.pb.GetScheduleTime(), DispatchTime: dispatched}
	s.logStore(s.store.putTask(t))

	send := newDelivery(q.pb.GetName(), t)
	if s.Deliveries.doubles(t.lot, t.pb.GetDispatchCount()) {
		s.stats.Doubled++
		q.inFlight++
		s.running.Go(func() { q.echo(send) })
	}
	s.running.Go(func() { q.end(t, s.deliver(send)) })
}

// echo sends what is sent already, and cares for no answer.
func (q *queue) echo(d delivery) {
	q.server.deliver(d)
	q.server.mu.Lock()
	defer q.server.mu.Unlock()
	q.inFlight--
	q.nudge()
	q.server.resting.Announce()
}

// deliver sends one request under the fault rules and the task's deadline.
func (s *Server) deliver(d delivery) outcome {
	ctx, cancel := context.WithTimeout(s.ctx, d.deadline)
	defer cancel()
	var o outcome
	err := s.Faults.Call(ctx, "Dispatch", func(ctx context.Context) error {
		o = s.send(ctx, d)
		return nil
	})
	if err != nil {
		return unanswered(err)
	}
	return o
}

// end records the outcome of an attempt and decides what becomes of the task.
func (q *queue) end(t *task, o outcome) {
	s := q.server
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.resting.Announce()
	defer q.nudge()
	q.inFlight--
	t.inFlight--
	if q.tasks[t.id] != t || s.ctx.Err() != nil {
		return
	}
	now := s.now()
	t.record(o, now)
	s.logStore(q.settle(t, o, now))
}

// settle deletes t when it is done or exhausted and schedules a retry when not.
func (q *queue) settle(t *task, o outcome, now time.Time) error {
	retry := q.pb.GetRetryConfig()
	if own := t.pb.GetRetryConfig(); own != nil {
		retry = own
	}
	stats := &q.server.stats
	switch {
	case o.code == codes.OK:
		stats.Succeeded++
		return q.remove(t, now)
	case exhausted(retry, t.pb, now):
		stats.Failed++
		stats.Exhausted++
		return q.remove(t, now)
	}
	stats.Failed++
	if t.place >= 0 || t.inFlight > 0 {
		return q.server.store.putTask(t)
	}
	return q.reschedule(t, now, max(o.retryAfter, backoff(retry, int(t.pb.GetDispatchCount()))))
}

// record writes the outcome of the last attempt into the task.
func (t *task) record(o outcome, now time.Time) {
	t.answered = o.http
	if o.http != 0 {
		t.pb.ResponseCount++
		if o.http < 500 {
			t.executions++
		}
	}
	t.pb.LastAttempt.ResponseTime = timestamppb.New(now.Truncate(time.Microsecond))
	t.pb.LastAttempt.ResponseStatus = &status.Status{Code: int32(o.code), Message: o.message}
}

// logStore reports that state could not be kept where no caller waits for it.
func (s *Server) logStore(err error) {
	if err != nil {
		slog.Error("tasks emulator: state not kept", "error", err)
	}
}
