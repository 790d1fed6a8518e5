package jobdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
)

// Board knows fast, but may forget, what jobs' pages have come to.
type Board interface {
	// Ask returns where a page and its job stand.
	Ask(ctx context.Context, id job.ID, page int) (job.Standing, error)

	// Mark notes a stored outcome of a page of j.
	Mark(ctx context.Context, j job.Job, p job.Page) (job.Standing, error)
}

// Closer has the finaliser called. The same call twice is one.
type Closer interface {
	Close(ctx context.Context, c job.Closing) error
}

// Pages runs the pages of jobs, each once.
type Pages struct {
	store  *Store
	board  Board
	closer Closer
	log    *slog.Logger
}

// NewPages returns what runs pages stored in s. What goes wrong with b costs
// time only: it is told to log.
func NewPages(s *Store, b Board, c Closer, log *slog.Logger) *Pages {
	return &Pages{store: s, board: b, closer: c, log: log}
}

// Delivery is one delivery of a page.
type Delivery struct {
	Job  job.ID
	Page int

	// Event is what was delivered, to be published again on a retry.
	Event event.Event

	Attempt int

	// Last says that there will be no further attempt, Final which errors no
	// further attempt can mend. Either way the page is recorded as failed.
	Last  bool
	Final func(error) bool

	// Publish sends the page that this one names; nil where pages name none.
	Publish func(ctx context.Context, events ...event.Event) error
}

// Run does the work on a page, unless there is nothing left to do. The work
// reads by [Turn.Fetch] and ends with [Turn.Commit].
//
// A page that fails for good counts as complete, with its cause, and the error is
// returned all the same, for the event to become a dead letter.
func (p *Pages) Run(ctx context.Context, d Delivery, work func(ctx context.Context, t *Turn) error) error {
	if over, err := p.over(ctx, d); over || err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, job.PageTimeout)
	defer cancel()
	t := &Turn{pages: p, d: d, began: time.Now()}
	err := work(ctx, t)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, job.ErrSettled):
		return t.settled(ctx)
	case errors.Is(err, job.ErrUnknown), errors.Is(err, job.ErrClosed):
		return err
	case d.Last || d.Final(err):
		if failed := t.fail(ctx, err); failed != nil {
			// The cause is text only: it must not make this final.
			return fmt.Errorf("record that page %d of job %s failed (%s): %w", d.Page, d.Job, err, failed)
		}
	}
	return err
}

// over reports whether the board knows that there is nothing left to do, and
// does what an earlier delivery may have died before.
func (p *Pages) over(ctx context.Context, d Delivery) (bool, error) {
	standing, err := p.board.Ask(ctx, d.Job, d.Page)
	if err != nil {
		p.log.WarnContext(ctx, "job board does not answer", slog.Any("error", err))
		return false, nil
	}
	if !standing.Done {
		return standing.Cancelled, nil
	}
	return true, p.close(ctx, d.Job, standing)
}

func (p *Pages) close(ctx context.Context, id job.ID, s job.Standing) error {
	if !s.Complete {
		return nil
	}
	return p.closer.Close(ctx, job.Job{ID: id, Gen: s.Gen}.Closing(time.Now()))
}

// mark notes an outcome, and has the job closed if it was the last.
func (p *Pages) mark(ctx context.Context, j job.Job, page job.Page) error {
	if j.State.Closed() {
		return nil
	}
	standing, err := p.board.Mark(ctx, j, page)
	if err != nil {
		p.log.WarnContext(ctx, "job board does not answer", slog.Any("error", err))
		return nil
	}
	return p.close(ctx, j.ID, standing)
}

// Turn is one delivery's turn at its page.
type Turn struct {
	pages *Pages
	d     Delivery
	began time.Time

	job  *docs.Lookup[job.Job] // nil until fetched
	page *docs.Lookup[job.Page]
	next *job.Request
}

// Job is the page's job; valid after [Turn.Fetch].
func (t *Turn) Job() job.Job { return t.job.Data }

// Fetch reads the job, the page's outcome and whatever else the work needs, in
// one round trip. An error that wraps [job.ErrSettled], [job.ErrClosed] or
// [job.ErrUnknown] ends the work.
func (t *Turn) Fetch(ctx context.Context, others ...docs.Fetcher) error {
	s := t.pages.store
	t.job = s.jobs().Lookup(string(t.d.Job))
	t.page = s.pages(t.d.Job).Lookup(pageID(t.d.Page))
	if err := s.db.Fetch(ctx, append([]docs.Fetcher{t.job, t.page}, others...)...); err != nil {
		return err
	}
	return t.check()
}

func (t *Turn) check() error {
	j := t.job.Data
	switch {
	case !t.job.Exists:
		return fmt.Errorf("%w %q", job.ErrUnknown, t.d.Job)
	case t.page.Exists && t.page.Data.State == job.Done, j.State.Stopped():
		return job.ErrSettled
	case j.State.Closed() && (j.Kind.Exclusive() || !t.page.Exists):
		return fmt.Errorf("%w: job %s is %s; retry the job to have page %d again", job.ErrClosed, j.ID, j.State, t.d.Page)
	case j.State == job.Finishing:
		return fmt.Errorf("page %d: job %s is being closed", t.d.Page, j.ID)
	case j.State == job.Running && t.page.Data.Void(j.Gen):
		return fmt.Errorf("page %d: job %s is about to send it again", t.d.Page, j.ID)
	}
	return nil
}

// Commit stores the outcome of the page with its effects, which thereby happen
// once. [docs.ErrConflict] is what others changed meanwhile: fetch again.
func (t *Turn) Commit(ctx context.Context, outcome job.Page, effects ...docs.Write) error {
	outcome.State = job.Done
	return t.record(ctx, outcome, effects)
}

func (t *Turn) record(ctx context.Context, outcome job.Page, effects []docs.Write) error {
	j, now := t.job.Data, time.Now()
	outcome.Page, outcome.Attempt, outcome.Gen = t.d.Page, t.d.Attempt, j.Gen
	outcome.At, outcome.Took, outcome.Expires = now.UTC(), now.Sub(t.began), j.Expires
	outcome.Next, outcome.More = t.next, t.next != nil
	outcome.Replayed = t.page.Exists
	s := t.pages.store
	err := s.db.Commit(ctx, append(effects, s.pages(j.ID).Replace(t.page, outcome))...)
	switch {
	case errors.Is(err, docs.ErrExists):
		return t.lost(ctx, err)
	case err != nil:
		return fmt.Errorf("page %d of job %s: %w", t.d.Page, j.ID, err)
	}
	return t.follow(ctx, outcome)
}

// follow has the board and the finaliser know of a stored outcome. A page that
// had failed before may be too late for the call that its job closes by.
func (t *Turn) follow(ctx context.Context, outcome job.Page) error {
	j := t.job.Data
	if outcome.Replayed && outcome.State == job.Done {
		if err := t.pages.closer.Close(ctx, j.Reclosing(outcome.Page, time.Now())); err != nil {
			return err
		}
	}
	return t.pages.mark(ctx, j, outcome)
}

// lost tells whether another delivery of the page was faster.
func (t *Turn) lost(ctx context.Context, err error) error {
	if fetched := t.Fetch(ctx); fetched != nil {
		return fetched
	}
	return fmt.Errorf("page %d of job %s: %w: %w", t.d.Page, t.d.Job, docs.ErrConflict, err)
}

// settled makes sure that what follows from an outcome happened.
func (t *Turn) settled(ctx context.Context) error {
	j, page := t.job.Data, t.page
	if j.State.Stopped() || !page.Exists || j.State.Closed() && page.Data.At.Before(j.Finished) {
		return nil
	}
	return t.follow(ctx, page.Data)
}

// failTimeout bounds the recording of a failure, for which the work may have
// left no time.
const failTimeout = 10 * time.Second

// fail records the page as failed. It names no further page.
func (t *Turn) fail(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), failTimeout)
	defer cancel()
	if err := t.Fetch(ctx); err != nil {
		if errors.Is(err, job.ErrSettled) {
			return nil
		}
		return err
	}
	r, err := request(t.d.Event)
	if err != nil {
		return err
	}
	t.next = nil
	err = t.record(ctx, job.Page{State: job.Failed, Error: job.Cut(cause.Error()), Request: &r}, nil)
	if errors.Is(err, job.ErrSettled) {
		return nil
	}
	return err
}

// Next publishes e, the page that follows this one and that only this page could
// name. It runs while this one is being stored: so it is published before, and
// whoever dies in between is delivered again and publishes it again, under the
// same id. It comes after [Turn.Fetch].
func (t *Turn) Next(ctx context.Context, e event.Event) error {
	r, err := request(e)
	if err != nil {
		return err
	}
	next, n, err := pageEvent(t.job.Data, r)
	if err != nil {
		return err
	}
	if err := t.d.Publish(ctx, next); err != nil {
		return fmt.Errorf("publish page %d of job %s: %w", n, t.d.Job, err)
	}
	t.next = &r
	return nil
}
