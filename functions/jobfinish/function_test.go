package jobfinish_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	"lastmile/functions/jobfinish"
	"lastmile/shared/attachment"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/timer"
)

const kind job.Kind = "items.stock"

// world is a finaliser, the jobs that it closes, and a clock.
type world struct {
	firestore *firestore.Server
	jobs      *jobdb.Store
	function  *jobfinish.Function

	mu        sync.Mutex
	now       time.Time     // guarded by mu
	completed int           // guarded by mu
	complete  func() error  // what completions do; nil is nothing
	closings  []job.Closing // guarded by mu
	reports   []string      // guarded by mu
}

// Send is a bus that nobody listens to.
func (w *world) Send(context.Context, ...bus.Message) error { return nil }

// Put keeps the content of reports.
func (w *world) Put(_ context.Context, f attachment.File, r io.Reader) (attachment.File, error) {
	content, err := io.ReadAll(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, string(content))
	return f, err
}

// Delete forgets the reports.
func (w *world) Delete(context.Context, attachment.ID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = nil
	return nil
}

// Close is the timers.
func (w *world) Close(_ context.Context, c job.Closing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closings = append(w.closings, c)
	return nil
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond) // no two calls come at the same time
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) completion(_ context.Context, _ job.Job, seen iter.Seq2[[]byte, error]) (int, error) {
	for _, err := range seen {
		if err != nil {
			return 0, err
		}
	}
	w.mu.Lock()
	w.completed++
	w.mu.Unlock()
	if w.complete != nil {
		return 0, w.complete()
	}
	return 3, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	var err error
	w.firestore, err = firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.firestore.Close()) })
	log := slog.New(slog.DiscardHandler)
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: w.firestore.Addr(), Publisher: w, Log: log})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	w.jobs = jobdb.New(db)
	completions := map[job.Kind]jobfinish.Completion{kind: w.completion, job.CatalogSync: w.completion}
	w.function = jobfinish.New(w.jobs, completions, w, log, w.clock)
	return w
}

// running returns a job of pages of which those in order of outcomes are done or
// failed for good.
func (w *world) running(t *testing.T, k job.Kind, pages int, outcomes ...error) job.Job {
	t.Helper()
	j, _, err := w.jobs.Submit(t.Context(), job.New(job.ID(event.NewID()), k, "bakery", "ann", w.clock()), nil)
	require.NoError(t, err)
	p := w.jobs.Plan(j)
	for i := range pages {
		require.NoError(t, p.Add(t.Context(), pageOf(j.ID, i)))
	}
	j, err = p.Start(t.Context(), job.Plan{}, w.clock())
	require.NoError(t, err)
	for i, fault := range outcomes {
		w.page(t, j.ID, i, fault)
	}
	return j
}

func pageOf(id job.ID, n int) *event.BulkPage {
	return &event.BulkPage{Job: string(id), Shop: "bakery", Page: n, Items: []string{"rye"}}
}

// blank is a board that has forgotten everything.
type blank struct{}

func (blank) Ask(context.Context, job.ID, int) (job.Standing, error) { return job.Standing{}, nil }
func (blank) Mark(context.Context, job.Job, job.Page) (job.Standing, error) {
	return job.Standing{}, nil
}

func (w *world) page(t *testing.T, id job.ID, n int, fault error) {
	t.Helper()
	pages := jobdb.NewPages(w.jobs, blank{}, w, slog.New(slog.DiscardHandler))
	d := jobdb.Delivery{Job: id, Page: n, Event: pageOf(id, n), Last: true, Final: func(error) bool { return false }}
	err := pages.Run(t.Context(), d, func(ctx context.Context, turn *jobdb.Turn) error {
		if err := turn.Fetch(ctx); err != nil || fault != nil {
			return errors.Join(err, fault)
		}
		return turn.Commit(ctx, job.Page{Counts: job.Counts{Read: 1, Changed: 1}, Seen: []byte("rye")})
	})
	require.ErrorIs(t, err, fault)
}

// call is a call of the finaliser.
func (w *world) call(ctx context.Context, id job.ID) error {
	return w.function.Handle(ctx, timer.Timer{Entity: "job:" + string(id)})
}

func (w *world) state(t *testing.T, id job.ID) job.State {
	t.Helper()
	j, err := w.jobs.Get(t.Context(), id)
	require.NoError(t, err)
	return j.State
}

var errCold = errors.New("the oven is cold")

func TestAJobCloses(t *testing.T) {
	tests := map[string]struct {
		pages     int
		outcomes  []error
		want      job.State
		completed int
	}{
		"done, when every page is":              {2, []error{nil, nil}, job.Done, 1},
		"partial, when some failed":             {2, []error{nil, errCold}, job.Partial, 0},
		"failed, when all did":                  {2, []error{errCold, errCold}, job.Failed, 0},
		"done, when there was nothing to do":    {0, nil, job.Done, 1},
		"not at all, while pages are missing":   {2, []error{nil}, job.Running, 0},
		"not at all, while none has an outcome": {2, nil, job.Running, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			j := w.running(t, kind, test.pages, test.outcomes...)
			for range 2 {
				require.NoError(t, w.call(t.Context(), j.ID), "called again, it changes nothing")
				require.Equal(t, test.want, w.state(t, j.ID))
				require.Equal(t, test.completed, w.completed)
			}
		})
	}
	t.Run("and tells what its completion changed", func(t *testing.T) {
		w := newWorld(t)
		j := w.running(t, kind, 1, nil)
		require.NoError(t, w.call(t.Context(), j.ID))
		j, err := w.jobs.Get(t.Context(), j.ID)
		require.NoError(t, err)
		require.Equal(t, job.Counts{Read: 1, Changed: 4}, j.Tally.Counts)
	})
	t.Run("unless it is gone", func(t *testing.T) {
		require.NoError(t, newWorld(t).call(t.Context(), "none"))
	})
}

func TestOfManyCallsAtOnceOneCloses(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, kind, 2, nil, nil)
	var calls errgroup.Group
	for range 20 {
		calls.Go(func() error { _ = w.call(t.Context(), j.ID); return nil }) // those that come too early are called again
	}
	require.NoError(t, calls.Wait())
	require.Equal(t, job.Done, w.state(t, j.ID))
	require.Equal(t, 1, w.completed)
}

func TestACallThatDiesIsFollowedByAnother(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, kind, 1, nil)
	w.complete = func() error { return errCold }
	require.ErrorIs(t, w.call(t.Context(), j.ID), errCold)
	w.complete = nil
	require.ErrorContains(t, w.call(t.Context(), j.ID), "not yet", "the first one may still be at it")
	w.advance(5 * time.Minute)
	require.NoError(t, w.call(t.Context(), j.ID))
	require.Equal(t, job.Done, w.state(t, j.ID))
	require.Equal(t, 2, w.completed)
}

func TestAnAnswerThatIsLostIsNoReasonToWait(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, kind, 1, nil)
	w.firestore.Faults.Add(fault.Rule{Method: "Commit", Times: 1, Code: codes.Unavailable, After: true})
	require.NoError(t, w.call(t.Context(), j.ID))
	require.Equal(t, job.Done, w.state(t, j.ID))
	require.Equal(t, 1, w.completed)
}

func TestACancelledJob(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, job.CatalogSync, 2, nil)
	_, err := w.jobs.Cancel(t.Context(), j.ID, w.clock())
	require.NoError(t, err)
	require.ErrorContains(t, w.call(t.Context(), j.ID), "in flight")
	next := job.New("next", job.CatalogSync, "bakery", "ann", w.clock())
	_, _, err = w.jobs.Submit(t.Context(), next, nil)
	require.ErrorIs(t, err, job.ErrBusy, "its lock is held until then")

	w.advance(job.PageTimeout)
	require.ErrorContains(t, w.call(t.Context(), j.ID), "in flight", "one that began just before, by another clock")
	w.advance(job.Drain - job.PageTimeout)
	require.NoError(t, w.call(t.Context(), j.ID))
	require.Equal(t, job.Cancelled, w.state(t, j.ID))
	require.Zero(t, w.completed)
	_, created, err := w.jobs.Submit(t.Context(), next, nil)
	require.NoError(t, err)
	require.True(t, created)
}

func TestAPageThatIsReplayed(t *testing.T) {
	t.Run("after its job closed, closes it again", func(t *testing.T) {
		w := newWorld(t)
		j := w.running(t, kind, 2, nil, errCold)
		require.NoError(t, w.call(t.Context(), j.ID))
		require.Equal(t, job.Partial, w.state(t, j.ID))
		w.page(t, j.ID, 1, errCold)
		require.Empty(t, w.closings, "it failed again")
		w.page(t, j.ID, 1, nil)
		require.Len(t, w.closings, 1)
		require.NoError(t, w.call(t.Context(), j.ID))
		require.Equal(t, job.Done, w.state(t, j.ID))
		require.Equal(t, 1, w.completed)
	})
	t.Run("while its job closes, has it closed again", func(t *testing.T) {
		w := newWorld(t)
		j := w.running(t, kind, 1, errCold)
		w.page(t, j.ID, 0, nil)
		require.Len(t, w.closings, 1, "the call that it closes by may have looked already")
	})
}

func TestARetryIsNotClosedByWhatFailedBefore(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, kind, 2, nil, errCold)
	require.NoError(t, w.call(t.Context(), j.ID))
	_, err := w.jobs.Retry(t.Context(), j.ID, w.clock())
	require.NoError(t, err)
	require.NoError(t, w.call(t.Context(), j.ID), "a late call of the first generation")
	require.Equal(t, job.Running, w.state(t, j.ID))
}
