package jobdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/job"
)

// changeTries bounds how often a change is tried again on a job that others
// change at the same time.
const changeTries = 4

// Change stores f of a job, and emits its plan event if it waits to be planned
// anew. An exclusive job takes its lock when it opens, and gives it back when it
// closes, in the same commit. Where another change comes between, f sees that
// one; an error of f changes nothing.
func (s *Store) Change(ctx context.Context, id job.ID, f func(job.Job) (job.Job, error)) (job.Job, error) {
	for try := 1; ; try++ {
		j, err := s.change(ctx, id, f)
		if !errors.Is(err, docs.ErrConflict) || try == changeTries {
			return j, err
		}
	}
}

func (s *Store) change(ctx context.Context, id job.ID, f func(job.Job) (job.Job, error)) (job.Job, error) {
	l := s.jobs().Lookup(string(id))
	if err := s.db.Fetch(ctx, l); err != nil {
		return job.Job{}, known(id, err)
	}
	if !l.Exists {
		return job.Job{}, fmt.Errorf("%w %q", job.ErrUnknown, id)
	}
	after, err := f(l.Data)
	if err != nil {
		return l.Data, err
	}
	err = s.db.Commit(ctx, s.transition(l, after)...)
	if errors.Is(err, docs.ErrExists) {
		err = s.held(ctx, after)
	}
	if err != nil {
		return l.Data, fmt.Errorf("change job %s: %w", id, err)
	}
	return after, nil
}

// transition returns the writes that make l what after is.
func (s *Store) transition(l *docs.Lookup[job.Job], after job.Job) []docs.Write {
	before := l.Data
	writes := []docs.Write{s.jobs().Replace(l, after)}
	if after.Gen != before.Gen || after.Watch.Replans > before.Watch.Replans {
		writes = append(writes, docs.Emit(after.PlanEvent()))
	}
	name := after.Kind.Lock(after.Shop)
	switch {
	case name == "" || before.Open == after.Open:
	case after.Open:
		writes = append(writes, s.locks().Create(name, lock{Job: after.ID, At: after.Watch.Moved}))
	default:
		writes = append(writes, s.locks().Delete(name))
	}
	return writes
}

// held returns who holds the lock that j would take.
func (s *Store) held(ctx context.Context, j job.Job) error {
	name := j.Kind.Lock(j.Shop)
	l, err := s.locks().Get(ctx, name)
	switch {
	case errors.Is(err, docs.ErrNotFound):
		return docs.ErrConflict
	case err != nil:
		return err
	}
	return &job.BusyError{Lock: name, Holder: l.Job}
}

// Cancel stops a job: its pages acknowledge without work from now on. It closes
// when none can be in flight.
func (s *Store) Cancel(ctx context.Context, id job.ID, now time.Time) (job.Job, error) {
	return s.Change(ctx, id, func(j job.Job) (job.Job, error) {
		if j.State == job.Cancelling {
			return j, nil
		}
		return j.Move(job.Cancelling, now)
	})
}

// Retry has the failed pages of a closed job tried again, or its plan. Of
// exclusive jobs only the newest of the shop can be: what an older one saw is
// out of date.
func (s *Store) Retry(ctx context.Context, id job.ID, now time.Time) (job.Job, error) {
	return s.Change(ctx, id, func(j job.Job) (job.Job, error) {
		if err := s.newest(ctx, j); err != nil {
			return j, err
		}
		return j.Retry(now)
	})
}

func (s *Store) newest(ctx context.Context, j job.Job) error {
	if !j.Kind.Exclusive() {
		return nil
	}
	found, err := data(s.jobs().Where("shop", "==", j.Shop).Where("kind", "==", j.Kind).OrderBy("created", docs.Desc).Limit(1).All(ctx))
	if err != nil {
		return err
	}
	if len(found) == 1 && found[0].ID != j.ID {
		return fmt.Errorf("job %s has been followed by job %s: %w; start a new one", j.ID, found[0].ID, job.ErrSuperseded)
	}
	return nil
}

// Waiting returns up to limit open jobs that nobody has looked at since before.
func (s *Store) Waiting(ctx context.Context, before time.Time, limit int) ([]job.Job, error) {
	return data(s.jobs().Where("open", "==", true).Where("watch.checked", "<", before).
		OrderBy("watch.checked", docs.Asc).Limit(limit).All(ctx))
}
