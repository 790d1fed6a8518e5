// Package sweep finishes what a crash left: events that were committed and never
// published, jobs that stand still, positions that wait for the database, and
// timers of campaigns that were lost.
//
// Trigger: every minute. Replays are harmless, and so are two at once: a repair
// is an event or a timer that counts once, or a change of what was read.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/logs"
)

// Outbox publishes events that have been waiting since before, up to a limit,
// and returns how many.
type Outbox interface {
	SweepOutbox(ctx context.Context, before time.Time, limit int) (int, error)
}

// Locations publishes positions that have been waiting for longer than patience,
// and returns in how many batches.
type Locations interface {
	Sweep(ctx context.Context, now time.Time, patience time.Duration) (int, error)
}

// Function is the sweep.
type Function struct {
	outbox    Outbox
	jobs      *jobdb.Store
	closer    jobdb.Closer
	locations Locations
	campaigns Campaigns
	files     Files
	log       *slog.Logger
	now       func() time.Time
}

// New returns a Function that repairs what o, s, l, cs and fs hold, by the clock
// now.
func New(o Outbox, s *jobdb.Store, c jobdb.Closer, l Locations, cs Campaigns, fs Files, log *slog.Logger, now func() time.Time) *Function {
	return &Function{outbox: o, jobs: s, closer: c, locations: l, campaigns: cs, files: fs, log: log, now: func() time.Time { return now().UTC() }}
}

// The bounds of one pass. What is left waits for the next.
const (
	patience  = 30 * time.Second // before anything is looked at again
	maxEvents = 5000
	maxJobs   = 100

	eventBatch = 500
)

// Handle makes one pass.
func (f *Function) Handle(ctx context.Context) error {
	return errors.Join(f.sweepOutbox(ctx), f.sweepJobs(ctx), f.sweepLocations(ctx), f.sweepCampaigns(ctx), f.sweepFiles(ctx))
}

func (f *Function) sweepOutbox(ctx context.Context) error {
	before := f.now().Add(-patience)
	for total := 0; total < maxEvents; {
		n, err := f.outbox.SweepOutbox(ctx, before, eventBatch)
		if err != nil {
			return err
		}
		if n > 0 {
			f.log.InfoContext(ctx, "published what a crash left in the outbox", slog.Int(logs.Repaired, n))
		}
		if total += n; n < eventBatch {
			return nil
		}
	}
	return nil
}

func (f *Function) sweepLocations(ctx context.Context) error {
	n, err := f.locations.Sweep(ctx, f.now(), patience)
	if n > 0 {
		f.log.InfoContext(ctx, "published positions that were waiting", slog.Int("batches", n))
	}
	if err != nil {
		return fmt.Errorf("sweep locations: %w", err)
	}
	return nil
}

func (f *Function) sweepJobs(ctx context.Context) error {
	jobs, err := f.jobs.Waiting(ctx, f.now().Add(-patience), maxJobs)
	if err != nil {
		return err
	}
	var errs []error
	for _, j := range jobs {
		if err := f.check(ctx, j); err != nil {
			errs = append(errs, fmt.Errorf("sweep job %s: %w", j.ID, err))
		}
	}
	return errors.Join(errs...)
}

// errMoved ends a look at a job that somebody retried meanwhile.
var errMoved = errors.New("job has moved")

// check notes how far a job is, and helps it if it stands still.
func (f *Function) check(ctx context.Context, j job.Job) error {
	tally, err := f.jobs.Progress(ctx, j)
	if err != nil {
		return err
	}
	remedy, gen := job.Wait, j.Gen
	j, err = f.jobs.Change(ctx, j.ID, func(j job.Job) (job.Job, error) {
		if j.Gen != gen {
			return j, errMoved
		}
		j, remedy = j.Diagnose(tally, f.now())
		if remedy != job.Abandon || j.State != job.Pending {
			return j, nil
		}
		j.Cause = "its plan was lost more than once"
		return j.Move(job.Failed, f.now())
	})
	switch {
	case errors.Is(err, errMoved):
		return nil
	case err != nil || remedy == job.Wait:
		return err
	}
	f.log.WarnContext(ctx, "helped a job that stands still", slog.String("job", string(j.ID)), slog.String("remedy", string(remedy)), slog.Int(logs.Repaired, 1))
	return f.help(ctx, j, remedy)
}

// help does what is not in the change itself: a plan is sent again by that.
func (f *Function) help(ctx context.Context, j job.Job, remedy job.Remedy) error {
	switch {
	case remedy == job.Close:
		return f.closer.Close(ctx, j.Repairing(f.now()))
	case remedy == job.Abandon && j.State == job.Running:
		if err := f.jobs.Abandon(ctx, j, "was delivered again and again without an outcome", f.now()); err != nil {
			return err
		}
		return f.closer.Close(ctx, j.Repairing(f.now()))
	}
	return nil
}
