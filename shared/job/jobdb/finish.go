package jobdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
)

// Survey sums the outcomes of all pages, as they are stored. A page that is to be
// tried again has none.
func (s *Store) Survey(ctx context.Context, j job.Job) (job.Tally, error) {
	var t job.Tally
	err := s.each(ctx, j.ID, []string{"page", "state", "counts", "error", "more", "gen"}, func(p job.Page) error {
		if !p.Void(j.Gen) {
			t = t.With(p)
		}
		return nil
	})
	return t, err
}

// Seen yields what each page of a job has packed of what it read.
func (s *Store) Seen(ctx context.Context, id job.ID) iter.Seq2[[]byte, error] {
	stop := errors.New("stop")
	return func(yield func([]byte, error) bool) {
		err := s.each(ctx, id, []string{"page", "seen"}, func(p job.Page) error {
			if !yield(p.Seen, nil) {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(nil, err)
		}
	}
}

// complained is how many outcomes with all their faults are read at a time.
const complained = 100

// Complaints calls f with every line of a job's report, in order, as the pages of
// this generation have it.
func (s *Store) Complaints(ctx context.Context, j job.Job, f func(job.Complaint) error) error {
	return s.eachOf(ctx, j.ID, complained, []string{"page", "state", "counts", "faults", "error", "gen"}, func(p job.Page) error {
		if p.Void(j.Gen) {
			return nil
		}
		for _, c := range p.Complaints() {
			if err := f(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// batch is how many pages one commit resets or gives up.
const batch = 200

// Reset forgets the outcomes of pages that failed in an earlier generation and
// publishes them again, in the same commits. It calls f with the numbers of each
// batch before its commit.
func (s *Store) Reset(ctx context.Context, j job.Job, f func(pages []int)) error {
	return s.void(ctx, j, func(failed []docs.Doc[job.Page]) error {
		var writes []docs.Write
		var events []event.Event
		var numbers []int
		for _, d := range failed {
			e, n, err := pageEvent(j, *d.Data.Request)
			if err != nil {
				return err
			}
			writes = append(writes, s.renew(j, d), s.pages(j.ID).Delete(d.ID))
			events = append(events, e)
			numbers = append(numbers, n)
		}
		f(numbers)
		if err := s.db.Commit(ctx, append(writes, docs.Emit(events...))...); err != nil {
			return fmt.Errorf("reset pages of job %s: %w", j.ID, err)
		}
		return nil
	})
}

// void calls f with the pages that failed in an earlier generation than j's, a
// batch at a time.
func (s *Store) void(ctx context.Context, j job.Job, f func(failed []docs.Doc[job.Page]) error) error {
	for after := -1; ; {
		failed, err := s.pages(j.ID).Where("state", "==", job.Failed).OrderBy("page", docs.Asc).After(after).Limit(batch).All(ctx)
		if err != nil || len(failed) == 0 {
			return err
		}
		after = failed[len(failed)-1].Data.Page
		failed = slices.DeleteFunc(failed, func(d docs.Doc[job.Page]) bool { return !d.Data.Void(j.Gen) })
		if len(failed) == 0 {
			continue
		}
		if err := f(failed); err != nil {
			return err
		}
	}
}

// renew returns the write that makes a failed page one of j's generation. It
// fails the commit if the page has been done since it was read.
func (s *Store) renew(j job.Job, d docs.Doc[job.Page]) docs.Write {
	l := &docs.Lookup[job.Page]{ID: d.ID, Updated: d.Updated}
	return s.pages(j.ID).Update(l, docs.Field{Path: []string{"gen"}, Value: j.Gen})
}

// Abandon records the pages of j that have no outcome as failed, for cause. Those
// that were to be tried again stay as they failed.
func (s *Store) Abandon(ctx context.Context, j job.Job, cause string, now time.Time) error {
	err := s.void(ctx, j, func(failed []docs.Doc[job.Page]) error {
		writes := make([]docs.Write, len(failed))
		for i, d := range failed {
			writes[i] = s.renew(j, d)
		}
		return s.db.Commit(ctx, writes...)
	})
	if err == nil {
		err = s.Missing(ctx, j, func(pages []event.Event) error { return s.abandon(ctx, j, pages, cause, now) })
	}
	if err != nil {
		return fmt.Errorf("abandon pages of job %s: %w", j.ID, err)
	}
	return nil
}

func (s *Store) abandon(ctx context.Context, j job.Job, pages []event.Event, cause string, now time.Time) error {
	for part := range slices.Chunk(pages, batch) {
		var writes []docs.Write
		for _, e := range part {
			r, err := request(e)
			if err != nil {
				return err
			}
			_, n, err := pageEvent(j, r)
			if err != nil {
				return err
			}
			writes = append(writes, s.pages(j.ID).Create(pageID(n), job.Page{
				Page: n, State: job.Failed, Error: job.Cut(cause), At: now, Gen: j.Gen, Request: &r, Expires: j.Expires,
			}))
		}
		if err := s.db.Commit(ctx, writes...); err != nil {
			return err
		}
	}
	return nil
}
