// Package jobplan divides jobs into pages and publishes them.
//
// Trigger: job.plan.v1. Replays are harmless: a job is divided once, and the
// pages that have no outcome yet are published under the same event ids again.
// The same event, for a job that has been retried or that stands still, has the
// pages published that failed or are missing.
package jobplan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
)

// Division divides the jobs of one kind: it calls add with the event of each
// page, in order, and returns what else the plan should say. An error that wraps
// [function.ErrPermanent] fails the job at once.
type Division func(ctx context.Context, j job.Job, add func(context.Context, event.Event) error) (job.Plan, error)

// Publisher publishes events.
type Publisher interface {
	Publish(ctx context.Context, events ...event.Event) error
}

// Board forgets failed pages.
type Board interface {
	Reset(ctx context.Context, id job.ID, pages ...int) error
}

// Function is the job-plan function.
type Function struct {
	jobs      *jobdb.Store
	divisions map[job.Kind]Division
	publisher Publisher
	board     Board
	closer    jobdb.Closer
	log       *slog.Logger
}

// New returns a Function for the kinds of jobs that divisions know.
func New(s *jobdb.Store, divisions map[job.Kind]Division, p Publisher, b Board, c jobdb.Closer, log *slog.Logger) *Function {
	return &Function{jobs: s, divisions: divisions, publisher: p, board: b, closer: c, log: log}
}

// Handle divides a job, or publishes what is missing of one.
func (f *Function) Handle(ctx context.Context, e event.JobPlan) error {
	j, err := f.jobs.Get(ctx, job.ID(e.Job))
	if errors.Is(err, job.ErrUnknown) {
		return fmt.Errorf("%w: %w", function.ErrPermanent, err)
	}
	if err != nil {
		return err
	}
	ctx = jobdb.About(ctx, j)
	if j.State == job.Pending {
		if j, err = f.plan(ctx, j); err != nil {
			return err
		}
	}
	if j.State != job.Running {
		return nil
	}
	return f.publish(ctx, j)
}

// plan divides a pending job. Where that cannot succeed, the job fails.
func (f *Function) plan(ctx context.Context, j job.Job) (job.Job, error) {
	started, err := f.divide(ctx, j)
	switch {
	case err == nil:
		return started, nil
	case errors.Is(err, jobdb.ErrPlanned):
		return f.jobs.Get(ctx, j.ID)
	case !errors.Is(err, function.ErrPermanent) && !function.LastAttempt(ctx):
		return j, fmt.Errorf("plan job %s: %w", j.ID, err)
	}
	_, failed := f.jobs.Change(ctx, j.ID, func(j job.Job) (job.Job, error) {
		j.Cause = job.Cut(err.Error())
		return j.Move(job.Failed, time.Now().UTC())
	})
	if errors.Is(failed, job.ErrIllegalMove) {
		failed = nil
	}
	return j, errors.Join(fmt.Errorf("plan job %s: %w", j.ID, err), failed)
}

func (f *Function) divide(ctx context.Context, j job.Job) (job.Job, error) {
	division, ok := f.divisions[j.Kind]
	if !ok {
		return j, fmt.Errorf("%w: nobody knows how to divide %q", function.ErrPermanent, j.Kind)
	}
	planner := f.jobs.Plan(j)
	plan, err := division(ctx, j, planner.Add)
	if err != nil {
		return j, err
	}
	return planner.Start(ctx, plan, time.Now().UTC())
}

// publish has all pages without an outcome delivered, those that failed before
// this generation included.
func (f *Function) publish(ctx context.Context, j job.Job) error {
	sent, err := f.reset(ctx, j)
	if err != nil {
		return err
	}
	missing := len(sent)
	err = f.jobs.Missing(ctx, j, func(pages []event.Event) error {
		pages = slices.DeleteFunc(pages, func(e event.Event) bool { return sent[e.Head().ID] })
		missing += len(pages)
		return f.publisher.Publish(ctx, pages...)
	})
	if err != nil {
		return fmt.Errorf("publish pages of job %s: %w", j.ID, err)
	}
	if missing > 0 {
		return nil
	}
	return f.closer.Close(ctx, j.Closing(time.Now()))
}

// reset has the pages that failed in an earlier generation delivered again, and
// returns their events.
func (f *Function) reset(ctx context.Context, j job.Job) (map[event.ID]bool, error) {
	sent := map[event.ID]bool{}
	if j.Gen == 0 {
		return sent, nil
	}
	err := f.jobs.Reset(ctx, j, func(pages []int) {
		for _, n := range pages {
			sent[j.PageEvent(n)] = true
		}
		if err := f.board.Reset(ctx, j.ID, pages...); err != nil {
			f.log.WarnContext(ctx, "job board does not answer", slog.Any("error", err))
		}
	})
	return sent, err
}
