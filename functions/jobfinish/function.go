// Package jobfinish closes jobs.
//
// Trigger: the timers of package jobtimer. Replays are harmless: a job closes
// once in each generation. It closes only when every page has an outcome in the
// database, whatever the caller believed, and with a report of what failed.
package jobfinish

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobtimer"
	"lastmile/shared/timer"
)

// Completion is what a kind of job does when every page has succeeded, before
// the job is done. It may be called again after a crash. Seen yields what each
// page packed of what it read. It returns how many items it changed.
type Completion func(ctx context.Context, j job.Job, seen iter.Seq2[[]byte, error]) (changed int, err error)

// Function is the job-finish function.
type Function struct {
	jobs        *jobdb.Store
	completions map[job.Kind]Completion
	files       Files
	log         *slog.Logger
	now         func() time.Time
}

// New returns a Function that closes the jobs of s by the clock now, and keeps
// their reports in to.
func New(s *jobdb.Store, completions map[job.Kind]Completion, to Files, log *slog.Logger, now func() time.Time) *Function {
	return &Function{jobs: s, completions: completions, files: to, log: log, now: now}
}

// timeout bounds a call, and so how long it can be at a job. After that another
// call takes over.
const timeout = 5 * time.Minute

// errNotYet makes the timer call again: another call is at it, or died at it.
var errNotYet = errors.New("not yet")

// Handle closes the job of a timer, if it is complete.
func (f *Function) Handle(ctx context.Context, t timer.Timer) error {
	j, err := f.jobs.Get(ctx, jobtimer.Job(t))
	if errors.Is(err, job.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	tally, err := f.jobs.Survey(ctx, j)
	if err != nil {
		return err
	}
	gen := j.Gen
	now := f.now().UTC().Truncate(time.Microsecond) // as Firestore keeps it
	j, err = f.jobs.Change(ctx, j.ID, func(j job.Job) (job.Job, error) {
		if j.Gen != gen {
			return j, errNothing
		}
		return begin(j, tally, now)
	})
	switch {
	case errors.Is(err, errNothing):
		return nil
	case errors.Is(err, errIncomplete):
		f.log.WarnContext(ctx, "called too early to close a job", slog.Any("error", err))
		return nil
	case err != nil || j.State == job.Cancelled:
		return err
	}
	return f.finish(ctx, j, tally)
}

var (
	errNothing    = errors.New("nothing to close")
	errIncomplete = errors.New("pages are missing")
)

// begin returns j as the call that came at now is to finish it.
func begin(j job.Job, tally job.Tally, now time.Time) (job.Job, error) {
	switch j.State {
	case job.Cancelling:
		if wait := j.Watch.Moved.Add(job.Drain).Sub(now); wait > 0 {
			return j, fmt.Errorf("job %s may have pages in flight: %w", j.ID, errNotYet)
		}
		j.Tally = tally
		return j.Move(job.Cancelled, now)
	case job.Finishing:
		// A call that began it itself, and lost the answer, goes on.
		if age := now.Sub(j.Watch.Moved); age != 0 && age < timeout {
			return j, fmt.Errorf("job %s is being closed: %w", j.ID, errNotYet)
		}
		j.Watch.Moved = now
		return j, nil
	case job.Running:
	case job.Partial, job.Failed:
		// What an exclusive job saw may be out of date by now.
		if j.Kind.Exclusive() || tally.FailedPages == j.Tally.FailedPages {
			return j, errNothing
		}
	default:
		return j, errNothing
	}
	if !tally.Complete(j.Plan) {
		return j, fmt.Errorf("job %s has %d of %d pages: %w", j.ID, tally.Pages, tally.Total(j.Plan), errIncomplete)
	}
	return j.Move(job.Finishing, now)
}

// finish completes and closes a job that this call began to finish.
func (f *Function) finish(ctx context.Context, j job.Job, tally job.Tally) error {
	complete, ok := f.completions[j.Kind]
	if ok && tally.Verdict() == job.Done {
		changed, err := complete(ctx, j, f.jobs.Seen(ctx, j.ID))
		if err != nil {
			return fmt.Errorf("complete job %s: %w", j.ID, err)
		}
		tally.Changed += changed
	}
	report, err := f.report(ctx, j, tally)
	if err != nil {
		return fmt.Errorf("report of job %s: %w", j.ID, err)
	}
	began := j.Watch.Moved
	_, err = f.jobs.Change(ctx, j.ID, func(j job.Job) (job.Job, error) {
		if j.State != job.Finishing || !j.Watch.Moved.Equal(began) {
			return j, errNothing
		}
		j.Tally, j.Cause, j.Report = tally, tally.Cause, report
		return j.Move(tally.Verdict(), f.now().UTC())
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
