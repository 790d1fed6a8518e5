// Package jobdb keeps jobs in Firestore.
//
// It owns the collections jobs, jobs/{id}/pages, jobs/{id}/input, jobs/{id}/plan
// and locks. It promises that the outcome of a page is stored with the page's
// effects, once ([Pages.Run]); that an exclusive job holds its lock from its own
// commit to the one that closes it; and that no change of a job overwrites
// another ([Store.Change]).
package jobdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/job"
)

// Store keeps jobs.
type Store struct{ db *docs.DB }

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db} }

// lock is held by a job for as long as it is open.
type lock struct {
	Job job.ID    `firestore:"job"`
	At  time.Time `firestore:"at"`
}

func (s *Store) jobs() docs.Collection[job.Job] { return docs.In[job.Job](s.db, "jobs") }

func (s *Store) locks() docs.Collection[lock] { return docs.In[lock](s.db, "locks") }

func (s *Store) pages(id job.ID) docs.Collection[job.Page] {
	return docs.In[job.Page](s.db, "jobs", string(id), "pages")
}

// pageID sorts as pages do.
func pageID(n int) string { return fmt.Sprintf("%08d", n) }

// Indexes are what the queries of this package need.
func Indexes() []docs.Index {
	return []docs.Index{
		{Collection: "jobs", Fields: []string{"shop", "-created"}},
		{Collection: "jobs", Fields: []string{"state", "-created"}},
		{Collection: "jobs", Fields: []string{"shop", "state", "-created"}},
		{Collection: "jobs", Fields: []string{"shop", "kind", "-created"}},
		{Collection: "jobs", Fields: []string{"open", "watch.checked"}},
		{Collection: "pages", Fields: []string{"state", "page"}},
		{Collection: "pages", Fields: []string{"state", "gen"}},
	}
}

// Expiries are the fields by which Firestore deletes what is old.
func Expiries() []docs.Expiry {
	return []docs.Expiry{
		{Collection: "jobs", Field: "expires"}, {Collection: "pages", Field: "expires"},
		{Collection: "input", Field: "expires"}, {Collection: "plan", Field: "expires"},
	}
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{
		{Collection: "pages", Field: "at"}, {Collection: "pages", Field: "seen"}, {Collection: "pages", Field: "faults"},
		{Collection: "pages", Field: "request"}, {Collection: "pages", Field: "next"},
		{Collection: "input", Field: "items"}, {Collection: "plan", Field: "pages"},
	}
}

// Get returns a job, or [job.ErrUnknown].
func (s *Store) Get(ctx context.Context, id job.ID) (job.Job, error) {
	j, err := s.jobs().Get(ctx, string(id))
	return j, known(id, err)
}

func known(id job.ID, err error) error {
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return fmt.Errorf("%w %q", job.ErrUnknown, id)
	}
	return err
}

// Query selects jobs. Empty fields select all.
type Query struct {
	Shop  string
	State job.State

	After docs.Place // of the last job of the page before
	Limit int
}

// List returns jobs, the newest first.
func (s *Store) List(ctx context.Context, q Query) ([]job.Job, error) {
	query := s.jobs().Query()
	if q.Shop != "" {
		query = query.Where("shop", "==", q.Shop)
	}
	if q.State != "" {
		query = query.Where("state", "==", q.State)
	}
	return data(query.Beyond(q.After, "created", docs.Desc).Limit(q.Limit).All(ctx))
}

// Pages returns up to limit outcomes of a job's pages after page number after
// (-1 for all), in order; an empty state selects all.
func (s *Store) Pages(ctx context.Context, id job.ID, state job.State, after, limit int) ([]job.Page, error) {
	query := s.pages(id).Query()
	if state != "" {
		query = query.Where("state", "==", state)
	}
	return data(query.OrderBy("page", docs.Asc).After(after).Limit(limit).All(ctx))
}

// Progress returns how many pages have an outcome, how many failed and how many
// are known, in a few round trips at once, whatever their number. A page that is
// to be tried again has no outcome.
func (s *Store) Progress(ctx context.Context, j job.Job) (job.Tally, error) {
	var t job.Tally
	var void int
	pages := s.pages(j.ID)
	err := together(
		func() (err error) { t.Pages, err = pages.Query().Count(ctx); return err },
		func() (err error) { t.FailedPages, err = pages.Where("state", "==", job.Failed).Count(ctx); return err },
		func() error {
			last, err := data(pages.Query().OrderBy("page", docs.Desc).Select("page", "more").Limit(1).All(ctx))
			if len(last) > 0 {
				t.Known = last[0].Known()
			}
			return err
		},
		func() (err error) {
			if j.Gen > 0 {
				void, err = pages.Where("state", "==", job.Failed).Where("gen", "<", j.Gen).Count(ctx)
			}
			return err
		},
	)
	t.Pages, t.FailedPages = t.Pages-void, t.FailedPages-void
	return t, err
}

// together runs all of calls at once and waits for them.
func together(calls ...func() error) error {
	failed := make(chan error, len(calls))
	for _, call := range calls {
		go func() { failed <- call() }()
	}
	var errs []error
	for range calls {
		errs = append(errs, <-failed)
	}
	return errors.Join(errs...)
}

func data[T any](found []docs.Doc[T], err error) ([]T, error) {
	all := make([]T, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	return all, err
}
