package jobdb_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
)

const priceKind = job.Kind("items.price")

func TestSubmit(t *testing.T) {
	t.Run("the same id twice is one job", func(t *testing.T) {
		w := newWorld(t)
		j := job.New(job.DeriveID("ann", "key"), priceKind, "bakery", "ann", now())
		_, created, err := w.jobs.Submit(t.Context(), j, []string{"rye"})
		require.NoError(t, err)
		require.True(t, created)
		again, created, err := w.jobs.Submit(t.Context(), j, []string{"rye"})
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, j.ID, again.ID)
		require.Len(t, w.sent, 1)
	})
	t.Run("of many syncs of a shop at once one runs, and the others name it", func(t *testing.T) {
		w := newWorld(t)
		var mu sync.Mutex
		var winners []job.ID
		var held []job.ID
		var g errgroup.Group
		for i := range 50 {
			g.Go(func() error {
				j, created, err := w.jobs.Submit(t.Context(), job.New(job.ID(fmt.Sprint("sync", i)), job.CatalogSync, "bakery", "ann", now()), nil)
				mu.Lock()
				defer mu.Unlock()
				var busy *job.BusyError
				switch {
				case created:
					winners = append(winners, j.ID)
				case errors.As(err, &busy):
					held = append(held, busy.Holder)
				default:
					return err
				}
				return nil
			})
		}
		require.NoError(t, g.Wait())
		require.Len(t, winners, 1)
		require.Len(t, held, 49)
		for _, h := range held {
			require.Equal(t, winners[0], h)
		}
	})
	t.Run("a long list is stored beside the job, in order", func(t *testing.T) {
		w := newWorld(t)
		var items []string
		for i := range 20_000 {
			items = append(items, fmt.Sprint("item-", i))
		}
		j, _, err := w.jobs.Submit(t.Context(), job.New("long", priceKind, "bakery", "ann", now()), items)
		require.NoError(t, err)
		var got []string
		require.NoError(t, w.jobs.Input(t.Context(), j.ID, func(part []string) error {
			got = append(got, part...)
			return nil
		}))
		require.Equal(t, items, got)
	})
	t.Run("a job whose plan could not be published waits in the outbox", func(t *testing.T) {
		w := newWorld(t)
		w.silent = true
		_, created, err := w.jobs.Submit(t.Context(), job.New("lost", priceKind, "bakery", "ann", now()), nil)
		require.NoError(t, err)
		require.True(t, created)
		w.silent = false
		n, err := w.db.SweepOutbox(t.Context(), now().Add(time.Minute), 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, "job.plan.v1", w.sent[0].Topic)
	})
}

func TestAJobIsPlannedOnce(t *testing.T) {
	w := newWorld(t)
	j, _, err := w.jobs.Submit(t.Context(), job.New("twice", priceKind, "bakery", "ann", now()), nil)
	require.NoError(t, err)
	first, second := w.jobs.Plan(j), w.jobs.Plan(j)
	for i := range 1200 {
		require.NoError(t, first.Add(t.Context(), page(j.ID, i)))
	}
	require.NoError(t, second.Add(t.Context(), page(j.ID, 0)))
	j, err = first.Start(t.Context(), job.Plan{}, now())
	require.NoError(t, err)
	require.Equal(t, 1200, j.Plan.Pages)
	_, err = second.Start(t.Context(), job.Plan{}, now())
	require.ErrorIs(t, err, jobdb.ErrPlanned)

	ids := map[event.ID]bool{}
	collect := func(pages []event.Event) error {
		for _, e := range pages {
			ids[e.Head().ID] = true
		}
		return nil
	}
	require.NoError(t, w.jobs.Missing(t.Context(), j, collect))
	require.Len(t, ids, 1200)
	require.NoError(t, w.jobs.Missing(t.Context(), j, collect))
	require.Len(t, ids, 1200, "the ids are the same each time")
	require.NoError(t, w.run(t.Context(), j.ID, 7, false, nil))
	clear(ids)
	require.NoError(t, w.jobs.Missing(t.Context(), j, collect))
	require.Len(t, ids, 1199)
}

func TestAPageCountsOnce(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, priceKind, 2)
	var g errgroup.Group
	for range 20 {
		g.Go(func() error { return w.run(t.Context(), j.ID, 0, false, nil) })
	}
	require.NoError(t, g.Wait())
	require.Equal(t, 1, w.effect(t, j.ID, 0))

	t.Run("also when redis forgets", func(t *testing.T) {
		require.NoError(t, w.redis.Kill())
		require.NoError(t, w.run(t.Context(), j.ID, 0, false, nil))
		require.Equal(t, 1, w.effect(t, j.ID, 0))
	})
}

func TestAnAnswerThatIsLostIsNoSecondEffect(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, priceKind, 1)
	w.firestore.Faults.Add(fault.Rule{Method: "Commit", Times: 1, Code: codes.Unavailable, After: true})
	_ = w.run(t.Context(), j.ID, 0, false, nil)
	require.NoError(t, w.run(t.Context(), j.ID, 0, false, nil))
	require.Equal(t, 1, w.effect(t, j.ID, 0))
	require.Len(t, w.closings, 1)
}

func TestThePageThatCompletesHasTheJobClosed(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, priceKind, 1000)
	var g errgroup.Group
	g.SetLimit(64)
	for n := range 1000 {
		g.Go(func() error { return w.run(t.Context(), j.ID, n, false, nil) })
	}
	require.NoError(t, g.Wait(), "no commit is aborted")
	require.Len(t, w.closings, 1)
	tally, err := w.jobs.Survey(t.Context(), j)
	require.NoError(t, err)
	require.True(t, tally.Complete(j.Plan))
	require.Equal(t, job.Counts{Read: 2000, Changed: 1000, Unchanged: 1000}, tally.Counts)
	fast, ok, err := w.board.Tally(t.Context(), j.ID)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, tally, fast)
	counted, err := w.jobs.Progress(t.Context(), j)
	require.NoError(t, err)
	require.Equal(t, 1000, counted.Pages)
}

func TestAPageThatFailsForGood(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, priceKind, 2)
	broken := errors.New("the oven is cold")
	require.ErrorIs(t, w.run(t.Context(), j.ID, 1, false, broken), broken)
	require.NoError(t, w.run(t.Context(), j.ID, 0, false, nil))
	require.Empty(t, w.closings, "a page that will be tried again is not over")
	require.ErrorIs(t, w.run(t.Context(), j.ID, 1, true, broken), broken)
	require.Len(t, w.closings, 1)

	failed, err := w.jobs.Pages(t.Context(), j.ID, job.Failed, -1, 10)
	require.NoError(t, err)
	require.Len(t, failed, 1)
	require.Contains(t, failed[0].Error, "the oven is cold")

	j = w.close(t, j, job.Partial)
	t.Run("is published again by a retry, under another id", func(t *testing.T) {
		j, err := w.jobs.Retry(t.Context(), j.ID, now())
		require.NoError(t, err)
		require.NotEqual(t, w.sent[0].ID(), w.sent[len(w.sent)-1].ID())
		var reset []int
		for range 2 {
			require.NoError(t, w.jobs.Reset(t.Context(), j, func(pages []int) { reset = append(reset, pages...) }))
		}
		require.Equal(t, []int{1}, reset)
		require.NoError(t, w.board.Reset(t.Context(), j.ID, reset...))
		require.Equal(t, string(j.PageEvent(1)), w.sent[len(w.sent)-1].ID())
		require.NoError(t, w.run(t.Context(), j.ID, 1, false, nil))
		require.Len(t, w.closings, 2)
		tally, err := w.jobs.Survey(t.Context(), j)
		require.NoError(t, err)
		require.Equal(t, job.Done, tally.Verdict())
	})
}

// close moves a running job to a closed state, as the finaliser does.
func (w *world) close(t *testing.T, j job.Job, to job.State) job.Job {
	t.Helper()
	for _, s := range []job.State{job.Finishing, to} {
		var err error
		j, err = w.jobs.Change(t.Context(), j.ID, func(j job.Job) (job.Job, error) { return j.Move(s, now()) })
		require.NoError(t, err)
	}
	return j
}

func TestAPageOfAClosedJob(t *testing.T) {
	t.Run("that had failed can be replayed, and has the job closed again", func(t *testing.T) {
		w := newWorld(t)
		j := w.running(t, priceKind, 1)
		require.Error(t, w.run(t.Context(), j.ID, 0, true, errors.New("cold")))
		w.close(t, j, job.Failed)
		require.NoError(t, w.run(t.Context(), j.ID, 0, false, nil))
		require.Equal(t, 1, w.effect(t, j.ID, 0))
		require.Len(t, w.closings, 2)
	})
	t.Run("of an exclusive kind is refused, and the error says what to do", func(t *testing.T) {
		w := newWorld(t)
		j := w.running(t, job.CatalogSync, 1)
		require.Error(t, w.run(t.Context(), j.ID, 0, true, errors.New("cold")))
		w.close(t, j, job.Failed)
		err := w.run(t.Context(), j.ID, 0, false, nil)
		require.ErrorIs(t, err, job.ErrClosed)
		require.ErrorContains(t, err, "retry the job")
	})
}

func TestLocks(t *testing.T) {
	w := newWorld(t)
	first := w.running(t, job.CatalogSync, 1)
	_, _, err := w.jobs.Submit(t.Context(), job.New("second", job.CatalogSync, "bakery", "ann", now()), nil)
	require.ErrorIs(t, err, job.ErrBusy)
	w.close(t, first, job.Partial)

	_, created, err := w.jobs.Submit(t.Context(), job.New("third", job.CatalogSync, "bakery", "ann", now()), nil)
	require.NoError(t, err)
	require.True(t, created)
	_, err = w.jobs.Retry(t.Context(), first.ID, now())
	require.ErrorIs(t, err, job.ErrSuperseded, "what an older sync saw is out of date")
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, priceKind, 2)
	cancelled, err := w.jobs.Cancel(t.Context(), j.ID, now())
	require.NoError(t, err)
	require.Equal(t, job.Cancelling, cancelled.State)
	again, err := w.jobs.Cancel(t.Context(), j.ID, now())
	require.NoError(t, err)
	require.Equal(t, cancelled.Watch.Moved.Unix(), again.Watch.Moved.Unix())

	require.NoError(t, w.run(t.Context(), j.ID, 0, false, nil), "a page acknowledges")
	require.NoError(t, w.board.Cancel(t.Context(), j.ID))
	w.firestore.Faults.Add(fault.Rule{Method: "BatchGetDocuments", Code: codes.Unavailable})
	require.NoError(t, w.run(t.Context(), j.ID, 1, false, nil), "and asks no database where redis knows")
	w.firestore.Faults.Reset()
	require.Zero(t, w.effect(t, j.ID, 0))
	require.Zero(t, w.effect(t, j.ID, 1))
}

func TestListsAreBoundedAndOrdered(t *testing.T) {
	w := newWorld(t)
	base := now().Truncate(time.Second)
	for i := range 5 {
		_, _, err := w.jobs.Submit(t.Context(), job.New(job.ID(fmt.Sprint("job", i)), priceKind, "bakery", "ann", base.Add(time.Duration(i)*time.Second)), nil)
		require.NoError(t, err)
	}
	for _, q := range []jobdb.Query{{Limit: 2}, {Limit: 2, Shop: "bakery"}, {Limit: 2, State: job.Pending}, {Limit: 2, Shop: "bakery", State: job.Pending}} {
		first, err := w.jobs.List(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, job.ID("job4"), first[0].ID)
		q.After = docs.Place{At: first[1].Created, ID: string(first[1].ID)}
		then, err := w.jobs.List(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, job.ID("job2"), then[0].ID)
	}
	waiting, err := w.jobs.Waiting(t.Context(), base.Add(2*time.Second), 10)
	require.NoError(t, err)
	require.Len(t, waiting, 2)
}

func TestJobsOfTheSameMomentAreAllListed(t *testing.T) {
	w := newWorld(t)
	at := now().Truncate(time.Second)
	for i := range 5 { // as the syncs of a tick are
		shop := fmt.Sprint("shop", i)
		_, _, err := w.jobs.Submit(t.Context(), job.New(job.ID("of "+shop), job.CatalogSync, shop, "catalogtick", at), nil)
		require.NoError(t, err)
	}
	seen := map[string]bool{}
	q := jobdb.Query{Limit: 2}
	for found := []job.Job{{}, {}}; len(found) == q.Limit; {
		var err error
		found, err = w.jobs.List(t.Context(), q)
		require.NoError(t, err)
		for _, j := range found {
			seen[j.Shop] = true
			q.After = docs.Place{At: j.Created, ID: string(j.ID)}
		}
	}
	require.Len(t, seen, 5)
}

func TestWhatIsMissingCanBeGivenUp(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, priceKind, 3)
	require.NoError(t, w.run(t.Context(), j.ID, 1, false, nil))
	require.NoError(t, w.jobs.Abandon(t.Context(), j, "nobody knows", now()))
	tally, err := w.jobs.Survey(t.Context(), j)
	require.NoError(t, err)
	require.Equal(t, job.Partial, tally.Verdict())
	require.Equal(t, 2, tally.FailedPages)
	require.NoError(t, w.run(t.Context(), j.ID, 0, false, nil), "late is better than never")
	require.Equal(t, 1, w.effect(t, j.ID, 0))
}
