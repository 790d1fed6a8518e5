// Package scheduler emulates Google Cloud Scheduler for jobs with HTTP targets.
//
// It owns when jobs run. It promises what the service documents: a job runs at
// the times of its cron expression in its zone, never twice at once; a start
// that falls into a run is delayed until the run has ended, and further ones
// are dropped; a failed run is retried with backoff until the next start is
// due. The service's own API is not served (its Go stubs are in a module of
// their own): jobs are given to [Start].
//
// At the edges of summer time a job in the skipped hour does not run that day,
// and one in the repeated hour runs twice.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"lastmile/emulators/fault"
	"lastmile/emulators/rest"
)

// Errors of [Server.Run].
var (
	ErrUnknown = errors.New("no such job")
	ErrRunning = errors.New("the job is running already")
)

// jumpPoll is how often a clock that is not the machine's is looked at.
const jumpPoll = 5 * time.Millisecond

// Options adjusts a Server; the zero value has no jobs.
type Options struct {
	Jobs []Job
	// Now is the clock that jobs run by; nil = time.Now. A clock of the
	// caller's may jump: it is looked at every 5 ms.
	Now func() time.Time
	// Token signs the OIDC token of jobs that ask for one; nil sends them without.
	Token func(email, audience string) (string, error)
	// Drain is how long Close waits for answers from handlers; 0 = 5 s.
	Drain time.Duration
}

// Server runs jobs until Close.
type Server struct {
	Faults *fault.Injector // method "Dispatch": the requests that jobs send

	options Options
	client  *http.Client
	jobs    []*runner
	loops   sync.WaitGroup
	stopped context.Context // ends when Close is called
	stop    context.CancelFunc
	cut     context.Context // ends when draining is over
	cutOff  context.CancelFunc

	mu      sync.Mutex // guards the state of every runner, too
	resting rest.Room
}

// Start runs o.Jobs. The error names every setting that makes no sense.
func Start(o Options) (*Server, error) {
	if o.Drain == 0 {
		o.Drain = 5 * time.Second
	}
	s := &Server{
		Faults:  &fault.Injector{},
		options: o,
		client:  &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	if err := s.prepare(o.Jobs); err != nil {
		return nil, fmt.Errorf("start scheduler: %w", err)
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.cut, s.cutOff = context.WithCancel(context.Background())
	for _, r := range s.jobs {
		s.loops.Go(r.loop)
	}
	return s, nil
}

// prepare makes a runner of every job.
func (s *Server) prepare(jobs []Job) error {
	var faults []error
	known := map[string]bool{}
	for _, job := range jobs {
		r, err := newRunner(s, job)
		if err == nil && known[job.Name] {
			err = errors.New("the name is used twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("job %q: %w", job.Name, err))
			continue
		}
		known[job.Name] = true
		s.jobs = append(s.jobs, r)
	}
	return errors.Join(faults...)
}

// Close stops scheduling and waits for handlers until Options.Drain has passed.
func (s *Server) Close() error {
	s.stop()
	cutoff := time.AfterFunc(s.options.Drain, s.cutOff)
	s.loops.Wait()
	cutoff.Stop()
	s.cutOff()
	s.client.CloseIdleConnections()
	return nil
}

// Jobs returns the jobs in the order they were given.
func (s *Server) Jobs() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Status, len(s.jobs))
	for i, r := range s.jobs {
		all[i] = r.status
	}
	return all
}

// Run makes one attempt at a job now, whatever its schedule says, and returns
// how it ended. [ErrUnknown], [ErrRunning].
func (s *Server) Run(ctx context.Context, name string) error {
	for _, r := range s.jobs {
		if r.status.Job.Name == name {
			return r.runByHand(ctx)
		}
	}
	return fmt.Errorf("run job %q: %w", name, ErrUnknown)
}

// Idle returns when no job is running or due.
func (s *Server) Idle(ctx context.Context) error {
	return s.resting.Wait(ctx, &s.mu, s.busy)
}

// busy reports whether a job is running or due. Server.mu is held.
func (s *Server) busy() bool {
	now := s.now()
	for _, r := range s.jobs {
		if r.status.Running || !r.wakes.After(now) {
			return true
		}
	}
	return false
}

// change edits the state of runners and tells those who wait in Idle to look again.
func (s *Server) change(edit func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit()
	s.resting.Announce()
}

func (s *Server) now() time.Time {
	if s.options.Now == nil {
		return time.Now()
	}
	return s.options.Now()
}

// sleep waits until the clock shows t; false when the server stops first.
func (s *Server) sleep(t time.Time) bool {
	for {
		wait := t.Sub(s.now())
		if wait <= 0 {
			return s.stopped.Err() == nil
		}
		if s.options.Now != nil {
			wait = min(wait, jumpPoll)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-s.stopped.Done():
			timer.Stop()
			return false
		}
	}
}
