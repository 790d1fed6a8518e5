package scheduler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/robfig/cron/v3"
)

const maxAnswer = 64 << 10 // bytes of a handler's answer that are read to reuse the connection

// runner runs one job.
type runner struct {
	server *Server
	starts cron.Schedule
	slot   chan struct{} // holds one: whoever took it runs the job

	status Status    // guarded by Server.mu
	wakes  time.Time // when the loop acts next; guarded by Server.mu
}

func newRunner(s *Server, j Job) (*runner, error) {
	j = j.withDefaults()
	starts, err := j.schedule()
	if err != nil {
		return nil, err
	}
	r := &runner{server: s, starts: starts, slot: make(chan struct{}, 1), status: Status{Job: j}}
	r.status.Next = starts.Next(s.now())
	r.wakes = r.status.Next
	if r.status.Next.IsZero() {
		return nil, fmt.Errorf("cron %q: it names no time that ever comes", j.Cron)
	}
	return r, nil
}

// loop runs the job at its times until the server stops.
func (r *runner) loop() {
	for start := r.status.Next; r.server.sleep(start); {
		select {
		case r.slot <- struct{}{}:
		case <-r.server.stopped.Done():
			return
		}
		woken := r.server.now()
		next := r.starts.Next(latest(start, woken))
		r.set(func() { r.status.Running, r.status.Next = true, next })
		r.run(start, next)
		r.set(func() { r.status.Running, r.wakes = false, next })
		<-r.slot
		start = next
	}
}

// run attempts the job and retries it until next, when it would start anyway.
func (r *runner) run(start, next time.Time) {
	retry := r.status.Job.Retry
	first := r.server.now()
	for n := 1; r.attempt(r.server.cut, start) != nil && n <= retry.Count; n++ {
		again := r.server.now().Add(retry.backoff(n))
		if !again.Before(next) || retry.MaxDuration > 0 && again.Sub(first) > retry.MaxDuration {
			return
		}
		r.set(func() { r.status.Running, r.wakes = false, again })
		slept := r.server.sleep(again)
		r.set(func() { r.status.Running = true })
		if !slept {
			return
		}
	}
}

// runByHand makes one attempt unless one is under way.
func (r *runner) runByHand(ctx context.Context) error {
	select {
	case r.slot <- struct{}{}:
	default:
		return fmt.Errorf("run job %q: %w", r.status.Job.Name, ErrRunning)
	}
	defer func() { <-r.slot }()
	r.set(func() { r.status.Running = true })
	defer r.set(func() { r.status.Running = false })
	return r.attempt(ctx, r.server.now())
}

// attempt sends one request and records how it ended.
func (r *runner) attempt(ctx context.Context, start time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, r.status.Job.Deadline)
	defer cancel()
	began := r.server.now()
	var code int
	err := r.server.Faults.Call(ctx, "Dispatch", func(ctx context.Context) (err error) {
		code, err = r.send(ctx, start)
		return err
	})
	if err != nil {
		err = fmt.Errorf("run job %q: %w", r.status.Job.Name, err)
	}
	r.set(func() {
		r.status.Last, r.status.LastCode, r.status.LastErr = began, code, err
		r.status.Attempts++
	})
	return err
}

func (r *runner) send(ctx context.Context, start time.Time) (code int, err error) {
	req, err := r.request(ctx, start)
	if err != nil {
		return 0, err
	}
	resp, err := r.server.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	if resp.StatusCode/100 != 2 {
		return resp.StatusCode, fmt.Errorf("%s answered %s", r.status.Job.URL, resp.Status)
	}
	return resp.StatusCode, nil
}

func (r *runner) request(ctx context.Context, start time.Time) (*http.Request, error) {
	job := r.status.Job
	req, err := http.NewRequestWithContext(ctx, job.Method, job.URL, bytes.NewReader(job.Body))
	if err != nil {
		return nil, err
	}
	if len(job.Body) > 0 {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	for k, v := range job.Headers {
		req.Header.Set(k, v)
	}
	req.Header.Set("User-Agent", "Google-Cloud-Scheduler")
	req.Header.Set("X-CloudScheduler", "true")
	req.Header.Set("X-CloudScheduler-JobName", job.Name)
	req.Header.Set("X-CloudScheduler-ScheduleTime", start.UTC().Format(time.RFC3339))
	if job.OIDC.Email == "" || r.server.options.Token == nil {
		return req, nil
	}
	token, err := r.server.options.Token(job.OIDC.Email, job.OIDC.Audience)
	if err != nil {
		return nil, fmt.Errorf("sign token for %s: %w", job.OIDC.Email, err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return req, nil
}

func (r *runner) set(edit func()) { r.server.change(edit) }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
