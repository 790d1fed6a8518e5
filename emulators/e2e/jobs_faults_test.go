package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/emulators/tasks"
	"lastmile/functions/bulkpage"
	"lastmile/functions/jobfinish"
	"lastmile/shared/catalog"
	"lastmile/shared/deadletter"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/docs"
	"lastmile/shared/job"
)

func stackOptions() stack.Options { return stack.Options{Quiet: true, EmbeddedRedis: true} }

// doubled sends every task twice at once.
func doubled() tasks.Mischief { return tasks.Mischief{Seed: 1, Double: 1} }

var oneMore = map[string]string{"delta": "1"}

// spoil makes an item's document one that cannot be read; mend undoes it.
func (s *shop) spoil(t *testing.T, id string) (mend func()) {
	t.Helper()
	spoiled := docs.In[struct{}](s.db, "shops", "bakery", "items")
	put := func(stock any) {
		require.NoError(t, s.db.Commit(t.Context(), spoiled.Merge(catalog.DocID(id), map[string]any{"stock": stock})))
	}
	put("many")
	return func() { put(5) }
}

func TestABulkPageThatAlwaysFails(t *testing.T) {
	// partial returns a job of three pages, the second of which failed for good, but
	// would not again.
	partial := func(t *testing.T) (*plant, job.Job) {
		p := openPlant(t, 700)
		mend := p.spoil(t, "item-300")
		j := p.closed(t, p.submit(t, "items.stock", oneMore, job.Input{}, everything(700)...).ID)
		require.Equal(t, job.Partial, j.State)
		require.Equal(t, 3, j.Tally.Pages)
		require.Equal(t, 1, j.Tally.FailedPages)
		require.Contains(t, j.Cause, "page 1")
		require.Equal(t, 450, j.Tally.Changed, "the others finish")
		failed := p.pages(t, j.ID)[1]
		require.Equal(t, job.Failed, failed.State)
		require.Equal(t, 6, failed.Attempt, "it was tried as often as it may")
		p.idle(t)
		mend()
		return p, j
	}
	t.Run("is tried again by a retry", func(t *testing.T) {
		p, j := partial(t)
		p.ask(t, "POST", j.ID, "/retry")
		j = p.closed(t, j.ID)
		require.Equal(t, job.Done, j.State, j.Cause)
		require.Equal(t, map[int]int{6: 700}, p.stocks(t))
	})
	t.Run("is a dead letter whose replay closes the job again", func(t *testing.T) {
		p, j := partial(t)
		var answer struct{ Replayed int }
		require.Equal(t, http.StatusAccepted, p.call(t, "POST", "/v1/deadletters/replay?function=bulkpage", nil, &answer))
		require.Equal(t, 1, answer.Replayed)
		p.state(t, j.ID, job.Done)
		require.Equal(t, map[int]int{6: 700}, p.stocks(t))
		var conflict object
		require.Equal(t, http.StatusConflict, p.call(t, "POST", "/v1/jobs/"+string(j.ID)+"/retry", nil, &conflict), "there is nothing left to retry")
	})
	t.Run("counts once, retried and replayed", func(t *testing.T) {
		p, j := partial(t)
		letters, _, err := deadletterdb.New(p.db).List(t.Context(), deadletter.Filter{Function: "bulkpage"}, "", 10)
		require.NoError(t, err)
		require.Len(t, letters, 1)
		require.Equal(t, deadletter.Exhausted, letters[0].Class)
		p.ask(t, "POST", j.ID, "/retry")
		var answer object
		require.Equal(t, http.StatusAccepted, p.call(t, "POST", "/v1/deadletters/"+letters[0].ID+"/replay", nil, &answer))
		p.state(t, j.ID, job.Done)
		p.idle(t)
		require.Equal(t, map[int]int{6: 700}, p.stocks(t))
	})
}

func TestACancelledJobAcknowledgesItsPages(t *testing.T) {
	p := openPlant(t, 700)
	require.NoError(t, p.StopFunction("bulkpage"))
	j := p.submit(t, "items.stock", oneMore, job.Input{}, everything(700)...)
	p.state(t, j.ID, job.Running)
	p.ask(t, "POST", j.ID, "/cancel")
	require.NoError(t, p.StartFunction(bulkpage.Spec()))
	p.idle(t)
	require.Equal(t, map[int]int{5: 700}, p.stocks(t))
	require.Empty(t, p.pages(t, j.ID))

	p.sweep(t, j.ID, job.PageTimeout)
	j, err := p.jobs.Get(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, job.Cancelling, j.State, "a page may be in flight")
	p.sweep(t, j.ID, job.Drain)
	p.state(t, j.ID, job.Cancelled)
	var conflict object
	require.Equal(t, http.StatusConflict, p.call(t, "POST", "/v1/jobs/"+string(j.ID)+"/retry", nil, &conflict))
}

func TestACancelledSyncFreesItsShop(t *testing.T) {
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: 200})
	s.Provider.Misbehave(provider.Fault{Kind: provider.Slow, DelayMillis: 20})
	id := s.start(t)
	s.until(t, "pages are done", func() bool { return len(s.pages(t, id)) > 0 })
	s.ask(t, "POST", id, "/cancel")
	s.idle(t)
	s.sweep(t, id, job.Drain)
	s.state(t, id, job.Cancelled)
	s.Provider.Behave()
	require.Equal(t, job.Done, s.sync(t).State)
	require.Len(t, s.listed(t, ""), 200)
}

func TestWhatIsLostIsFoundBySweeping(t *testing.T) {
	t.Run("a plan that was committed and never published", func(t *testing.T) {
		s := open(t, stackOptions())
		s.stock(t, 10)
		s.PubSub.Faults.Add(fault.Rule{Method: "Publish", Code: codes.PermissionDenied})
		j := s.submit(t, "items.stock", oneMore, job.Input{}, everything(10)...)
		s.PubSub.Faults.Reset()
		s.sweep(t, j.ID, time.Minute)
		require.Equal(t, job.Done, s.closed(t, j.ID).State)
		require.Equal(t, map[int]int{6: 10}, s.stocks(t))
	})
	t.Run("the board with what it knew", func(t *testing.T) {
		p := openPlant(t, 2000)
		j := p.submit(t, "items.stock", oneMore, job.Input{}, everything(2000)...)
		p.until(t, "a page is done", func() bool { return len(p.pages(t, j.ID)) > 0 })
		require.NoError(t, p.Redis.Restart(false))
		p.idle(t)
		p.sweep(t, j.ID, time.Minute)
		require.Equal(t, job.Done, p.closed(t, j.ID).State)
		require.Equal(t, map[int]int{6: 2000}, p.stocks(t))
	})
	t.Run("the board, for as long as the job runs", func(t *testing.T) {
		p := openPlant(t, 700)
		require.NoError(t, p.Redis.Kill())
		j := p.submit(t, "items.stock", oneMore, job.Input{}, everything(700)...)
		p.until(t, "all pages are done", func() bool { return len(p.pages(t, j.ID)) == 3 })
		p.idle(t)
		require.NoError(t, p.Redis.Restart(false))
		p.sweep(t, j.ID, time.Minute)
		require.Equal(t, job.Done, p.closed(t, j.ID).State)
	})
	t.Run("the call of the finaliser", func(t *testing.T) {
		p := openPlant(t, 10)
		p.Tasks.Deliveries.Set(tasks.Mischief{Drop: 1})
		j := p.submit(t, "items.stock", oneMore, job.Input{}, everything(10)...)
		p.until(t, "the page is done", func() bool { return len(p.pages(t, j.ID)) == 1 })
		p.idle(t)
		p.Tasks.Deliveries.Reset()
		p.sweep(t, j.ID, time.Minute)
		require.Equal(t, job.Done, p.closed(t, j.ID).State)
	})
	t.Run("pages", func(t *testing.T) {
		p := openPlant(t, 700)
		require.NoError(t, p.StopFunction("bulkpage"))
		j := p.submit(t, "items.stock", oneMore, job.Input{}, everything(700)...)
		p.lose(t, 3)
		require.NoError(t, p.StartFunction(bulkpage.Spec()))
		p.sweep(t, j.ID, job.Stall)
		require.Equal(t, job.Done, p.closed(t, j.ID).State)
		require.Equal(t, map[int]int{6: 700}, p.stocks(t))
	})
	t.Run("pages that are lost again and again, which fail", func(t *testing.T) {
		p := openPlant(t, 700)
		require.NoError(t, p.StopFunction("bulkpage"))
		j := p.submit(t, "items.stock", oneMore, job.Input{}, everything(700)...)
		for range 3 {
			p.lose(t, 3)
			p.sweep(t, j.ID, job.Stall)
		}
		j = p.closed(t, j.ID)
		require.Equal(t, job.Failed, j.State)
		require.Contains(t, j.Cause, "without an outcome")

		require.NoError(t, p.StartFunction(bulkpage.Spec()))
		p.ask(t, "POST", j.ID, "/retry")
		require.Equal(t, job.Done, p.closed(t, j.ID).State)
		require.Equal(t, map[int]int{6: 700}, p.stocks(t))
	})
}

func TestFunctionsThatDieLoseNothing(t *testing.T) {
	p := openPlant(t, 3000)
	require.NoError(t, p.StopFunction("jobfinish"))
	j := p.submit(t, "items.stock", oneMore, job.Input{}, everything(3000)...)
	for n := range 4 {
		p.until(t, "pages are done", func() bool { return len(p.pages(t, j.ID)) > 2*n })
		require.NoError(t, p.StartFunction(bulkpage.Spec()), "in place of the one that works")
	}
	p.until(t, "all pages are done", func() bool { return len(p.pages(t, j.ID)) == 12 })
	p.idle(t)
	require.NoError(t, p.StartFunction(jobfinish.Spec()))
	p.sweep(t, j.ID, time.Minute)
	j = p.closed(t, j.ID)
	require.Equal(t, job.Done, j.State, j.Cause)
	require.Equal(t, 3000, j.Tally.Changed)
	require.Equal(t, map[int]int{6: 3000}, p.stocks(t))
}
