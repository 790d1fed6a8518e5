package jobdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/job"
	"lastmile/shared/logs"
)

// input is a part of the list that a job works on.
type input struct {
	Items   []string  `firestore:"items"`
	Expires time.Time `firestore:"expires"`
}

// chunk is how many ids an input document holds.
const chunk = 2000

func (s *Store) inputs(id job.ID) docs.Collection[input] {
	return docs.In[input](s.db, "jobs", string(id), "input")
}

// Submit stores a new job with its list of items, if it works on one, and has it
// planned, in one commit. A job that is there is returned as it is, with created
// false. An exclusive job that another stands in the way of is a
// [*job.BusyError].
func (s *Store) Submit(ctx context.Context, j job.Job, items []string) (stored job.Job, created bool, err error) {
	ctx = About(ctx, j)
	j.Input.Items = len(items)
	writes := []docs.Write{s.jobs().Create(string(j.ID), j), docs.Emit(j.PlanEvent())}
	if name := j.Kind.Lock(j.Shop); name != "" {
		writes = append(writes, s.locks().Create(name, lock{Job: j.ID, At: j.Created}))
	}
	for at := 0; at < len(items); at += chunk {
		part := items[at:min(at+chunk, len(items))]
		writes = append(writes, s.inputs(j.ID).Create(pageID(at/chunk), input{Items: part, Expires: j.Expires}))
	}
	err = s.db.Commit(ctx, writes...)
	switch {
	case err == nil:
		return j, true, nil
	case errors.Is(err, docs.ErrExists):
		stored, err = s.inTheWay(ctx, j)
		return stored, false, err
	}
	return j, false, fmt.Errorf("submit job %s: %w", j.ID, err)
}

// About returns ctx for what is done for a job: its records, and those of the
// events that follow, tell which.
func About(ctx context.Context, j job.Job) context.Context {
	return logs.With(ctx, logs.Fields{Job: string(j.ID), Entity: logs.Entity{Type: "shop", ID: j.Shop}})
}

// inTheWay returns the job of the same id, or who holds the lock.
func (s *Store) inTheWay(ctx context.Context, j job.Job) (job.Job, error) {
	same := s.jobs().Lookup(string(j.ID))
	lookups := []docs.Fetcher{same}
	var held *docs.Lookup[lock]
	name := j.Kind.Lock(j.Shop)
	if name != "" {
		held = s.locks().Lookup(name)
		lookups = append(lookups, held)
	}
	if err := s.db.Fetch(ctx, lookups...); err != nil {
		return j, err
	}
	switch {
	case same.Exists:
		return same.Data, nil
	case held != nil && held.Exists:
		return j, &job.BusyError{Lock: name, Holder: held.Data.Job}
	}
	return j, fmt.Errorf("submit job %s: %w: try again", j.ID, docs.ErrConflict)
}

// Input calls f with the list that a job works on, a part at a time.
func (s *Store) Input(ctx context.Context, id job.ID, f func(items []string) error) error {
	query := s.inputs(id).Query().OrderBy("__name__", docs.Asc).Limit(4)
	for after := query; ; {
		found, err := after.All(ctx)
		if err != nil {
			return err
		}
		for _, d := range found {
			if err := f(d.Data.Items); err != nil {
				return err
			}
		}
		if len(found) < 4 {
			return nil
		}
		after = query.After(found[len(found)-1].ID)
	}
}
