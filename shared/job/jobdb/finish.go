package jobdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
)

// Survey sums the outcomes of all pages, as they are stored.
func (s *Store) Survey(ctx context.Context, id job.ID) (job.Tally, error) {
	var t job.Tally
	err := s.each(ctx, id, []string{"page", "state", "counts", "error", "more"}, func(p job.Page) error {
		t = t.With(p)
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

// batch is how many pages one commit resets or gives up.
const batch = 200

// Reset forgets the outcomes of pages that failed in an earlier generation and
// publishes them again, in the same commits. It calls f with the numbers of each
// batch after its commit.
func (s *Store) Reset(ctx context.Context, j job.Job, f func(pages []int)) error {
	for after := -1; ; {
		failed, err := s.pages(j.ID).Where("state", "==", job.Failed).OrderBy("page", docs.Asc).After(after).Limit(batch).All(ctx)
		if err != nil {
			return err
		}
		if err := s.reset(ctx, j, failed, f); err != nil {
			return fmt.Errorf("reset pages of job %s: %w", j.ID, err)
		}
		if len(failed) < batch {
			return nil
		}
		after = failed[len(failed)-1].Data.Page
	}
}

func (s *Store) reset(ctx context.Context, j job.Job, failed []docs.Doc[job.Page], f func([]int)) error {
	var writes []docs.Write
	var events []event.Event
	var numbers []int
	for _, d := range failed {
		p := d.Data
		if p.Gen >= j.Gen || p.Request == nil {
			continue
		}
		e, n, err := pageEvent(j, *p.Request)
		if err != nil {
			return err
		}
		// The update fails the commit if the page has been done since it was read.
		unchanged := s.pages(j.ID).Update(&docs.Lookup[job.Page]{ID: d.ID, Updated: d.Updated}, docs.Field{Path: []string{"gen"}, Value: j.Gen})
		writes = append(writes, unchanged, s.pages(j.ID).Delete(d.ID))
		events = append(events, e)
		numbers = append(numbers, n)
	}
	if len(writes) == 0 {
		return nil
	}
	if err := s.db.Commit(ctx, append(writes, docs.Emit(events...))...); err != nil {
		return err
	}
	f(numbers)
	return nil
}

// Abandon records the pages of j that have no outcome as failed, for cause.
func (s *Store) Abandon(ctx context.Context, j job.Job, cause string, now time.Time) error {
	return s.Missing(ctx, j, func(pages []event.Event) error {
		for at := 0; at < len(pages); at += batch {
			var writes []docs.Write
			for _, e := range pages[at:min(at+batch, len(pages))] {
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
				return fmt.Errorf("abandon pages of job %s: %w", j.ID, err)
			}
		}
		return nil
	})
}
