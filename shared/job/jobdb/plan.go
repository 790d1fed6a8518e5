package jobdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
)

// planned is a part of the list of a job's pages.
type planned struct {
	// First is the number of the first page here; the others follow it.
	First   int           `firestore:"first"`
	Pages   []job.Request `firestore:"pages"`
	Expires time.Time     `firestore:"expires"`
}

// A part of a plan is written when it has this many pages or bytes.
const (
	partPages = 500
	partBytes = 256 << 10
)

func (s *Store) plans(id job.ID) docs.Collection[planned] {
	return docs.In[planned](s.db, "jobs", string(id), "plan")
}

// Planner stores the pages of a job, in order, before any is published.
type Planner struct {
	store *Store
	job   job.Job
	list  string
	parts int
	pages int
	part  planned
	bytes int
}

// Plan returns a Planner of j. What it stores counts once [Planner.Start]
// returns; of two planners of one job only one can start it.
func (s *Store) Plan(j job.Job) *Planner {
	return &Planner{store: s, job: j, list: string(event.NewID())}
}

// Pages is the number of pages added so far, and so the number of the next one.
func (p *Planner) Pages() int { return p.pages }

// Add stores the event of the next page.
func (p *Planner) Add(ctx context.Context, e event.Event) error {
	r, err := request(e)
	if err != nil {
		return err
	}
	p.part.Pages = append(p.part.Pages, r)
	p.bytes += len(r.Data)
	p.pages++
	if len(p.part.Pages) < partPages && p.bytes < partBytes {
		return nil
	}
	return p.flush(ctx)
}

func (p *Planner) flush(ctx context.Context) error {
	if len(p.part.Pages) == 0 {
		return nil
	}
	p.part.Expires = p.job.Expires
	id := fmt.Sprintf("%s-%s", p.list, pageID(p.parts))
	if err := p.store.db.Commit(ctx, p.store.plans(p.job.ID).Set(id, p.part)); err != nil {
		return fmt.Errorf("plan job %s: %w", p.job.ID, err)
	}
	p.parts++
	p.part, p.bytes = planned{First: p.pages}, 0
	return nil
}

// ErrPlanned is returned by [Planner.Start] for a job that is no longer pending:
// somebody else planned it, or it was cancelled.
var ErrPlanned = errors.New("job is not pending")

// Start makes the job run with the pages added. The plan says what else is known
// of them.
func (p *Planner) Start(ctx context.Context, plan job.Plan, now time.Time) (job.Job, error) {
	if err := p.flush(ctx); err != nil {
		return p.job, err
	}
	plan.Pages, plan.List = p.pages, p.list
	return p.store.Change(ctx, p.job.ID, func(j job.Job) (job.Job, error) {
		if j.State != job.Pending {
			return j, ErrPlanned
		}
		j.Plan = plan
		return j.Move(job.Running, now)
	})
}

// Missing calls f with the events of up to a part's pages at a time that have no
// outcome: planned ones, and those that other pages named.
func (s *Store) Missing(ctx context.Context, j job.Job, f func(pages []event.Event) error) error {
	there, named, err := s.outcomes(ctx, j.ID)
	if err != nil {
		return err
	}
	for part, next := 0, 0; next < j.Plan.Pages; part++ {
		p, err := s.plans(j.ID).Get(ctx, fmt.Sprintf("%s-%s", j.Plan.List, pageID(part)))
		if err != nil {
			return fmt.Errorf("plan of job %s: %w", j.ID, err)
		}
		if err := s.missing(j, p, there, f); err != nil {
			return err
		}
		next = p.First + len(p.Pages)
	}
	for _, r := range named {
		if err := s.missing(j, planned{First: -1, Pages: []job.Request{r}}, there, f); err != nil {
			return err
		}
	}
	return nil
}

// missing calls f with those of p's pages that are not there.
func (s *Store) missing(j job.Job, p planned, there map[int]bool, f func([]event.Event) error) error {
	var events []event.Event
	for _, r := range p.Pages {
		e, n, err := pageEvent(j, r)
		if err != nil {
			return err
		}
		if !there[n] {
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		return nil
	}
	return f(events)
}

// listed is how many outcomes are read at a time.
const listed = 1000

// outcomes returns which pages have an outcome, and the pages that they named.
func (s *Store) outcomes(ctx context.Context, id job.ID) (there map[int]bool, named []job.Request, err error) {
	there = map[int]bool{}
	err = s.each(ctx, id, []string{"page", "next"}, func(p job.Page) error {
		there[p.Page] = true
		if p.Next != nil {
			named = append(named, *p.Next)
		}
		return nil
	})
	return there, named, err
}

// each calls f with every outcome of a job, in order, reading only some fields.
func (s *Store) each(ctx context.Context, id job.ID, fields []string, f func(job.Page) error) error {
	return s.eachOf(ctx, id, listed, fields, f)
}

// eachOf is each, n outcomes at a time.
func (s *Store) eachOf(ctx context.Context, id job.ID, n int, fields []string, f func(job.Page) error) error {
	for after := -1; ; {
		found, err := data(s.pages(id).Query().OrderBy("page", docs.Asc).After(after).Select(fields...).Limit(n).All(ctx))
		if err != nil {
			return err
		}
		for _, p := range found {
			if err := f(p); err != nil {
				return err
			}
		}
		if len(found) < n {
			return nil
		}
		after = found[len(found)-1].Page
	}
}

func request(e event.Event) (job.Request, error) {
	if err := e.Validate(); err != nil {
		return job.Request{}, err
	}
	b, err := json.Marshal(e)
	return job.Request{Type: string(e.Type()), Data: b}, err
}

// pageEvent returns the event that r was, under the id that it has in this
// generation of j, and its page.
func pageEvent(j job.Job, r job.Request) (event.Event, int, error) {
	for _, e := range event.All() {
		if string(e.Type()) != r.Type {
			continue
		}
		var numbered struct{ Page int }
		if err := errors.Join(json.Unmarshal(r.Data, e), json.Unmarshal(r.Data, &numbered)); err != nil {
			return nil, 0, fmt.Errorf("stored page of job %s: %w", j.ID, err)
		}
		e.Head().ID = j.PageEvent(numbered.Page)
		return e, numbered.Page, nil
	}
	return nil, 0, fmt.Errorf("stored page of job %s: no event %q", j.ID, r.Type)
}
