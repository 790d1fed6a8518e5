package sweep_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/functions/sweep"
	"lastmile/shared/bus"
	"lastmile/shared/campaign"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/logs"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// world is a sweep, what it repairs, and a clock.
type world struct {
	now  time.Time
	db   *docs.DB
	jobs *jobdb.Store

	sent    []bus.Message
	closed  []job.Closing
	refused error // what the timers answer

	outbox    []int // what each batch of the outbox publishes
	said      strings.Builder
	locations []time.Duration

	overdue []campaign.Timer // guarded by mu
	mu      sync.Mutex
}

// Reap implements [sweep.Files].
func (w *world) Reap(context.Context) (int, error) { return 0, nil }

func (w *world) Send(_ context.Context, messages ...bus.Message) error {
	w.sent = append(w.sent, messages...)
	return nil
}

func (w *world) Close(_ context.Context, c job.Closing) error {
	if w.refused != nil {
		return w.refused
	}
	w.closed = append(w.closed, c)
	return nil
}

func (w *world) SweepOutbox(_ context.Context, before time.Time, limit int) (int, error) {
	if len(w.outbox) == 0 || !before.Before(w.now) {
		return 0, nil
	}
	n := min(w.outbox[0], limit)
	w.outbox = w.outbox[1:]
	return n, nil
}

func (w *world) Sweep(_ context.Context, _ time.Time, patience time.Duration) (int, error) {
	w.locations = append(w.locations, patience)
	return 0, nil
}

func (w *world) Overdue(_ context.Context, before time.Time, limit int) ([]campaign.Timer, error) {
	var late []campaign.Timer
	for _, t := range w.overdue {
		if t.Due.Before(before) && len(late) < limit {
			late = append(late, t)
		}
	}
	return late, nil
}

func (w *world) Fire(_ context.Context, t campaign.Timer, _ time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.overdue = slices.DeleteFunc(w.overdue, func(o campaign.Timer) bool { return o.Name() == t.Name() })
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: noon}
	server, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	w.db, err = docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr(), Publisher: w, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { w.db.Close() })
	w.jobs = jobdb.New(w.db)
	return w
}

// pass lets time go by and sweeps.
func (w *world) pass(t *testing.T, after time.Duration) error {
	t.Helper()
	w.now = w.now.Add(after)
	f := sweep.New(w, w.jobs, w, w, w, w, slog.New(slog.NewTextHandler(&w.said, nil)), func() time.Time { return w.now })
	return f.Handle(t.Context())
}

// submit returns a job that waits to be planned, whose plan event is forgotten.
func (w *world) submit(t *testing.T, id job.ID) job.Job {
	t.Helper()
	j, _, err := w.jobs.Submit(t.Context(), job.New(id, "items.stock", "bakery", "ann", w.now), nil)
	require.NoError(t, err)
	w.sent = nil
	return j
}

// running returns a job of n pages at work.
func (w *world) running(t *testing.T, id job.ID, n int) job.Job {
	t.Helper()
	p := w.jobs.Plan(w.submit(t, id))
	for i := range n {
		require.NoError(t, p.Add(t.Context(), &event.BulkPage{Job: string(id), Shop: "bakery", Page: i, Items: []string{"rye"}}))
	}
	j, err := p.Start(t.Context(), job.Plan{}, w.now)
	require.NoError(t, err)
	return j
}

// blank is a board that has forgotten everything.
type blank struct{}

func (blank) Ask(context.Context, job.ID, int) (job.Standing, error) { return job.Standing{}, nil }
func (blank) Mark(context.Context, job.Job, job.Page) (job.Standing, error) {
	return job.Standing{}, nil
}

// page has page n of a job done, or failed for good.
func (w *world) page(t *testing.T, id job.ID, n int, fault error) {
	t.Helper()
	pages := jobdb.NewPages(w.jobs, blank{}, w, slog.New(slog.DiscardHandler))
	e := &event.BulkPage{Job: string(id), Shop: "bakery", Page: n, Items: []string{"rye"}}
	d := jobdb.Delivery{Job: id, Page: n, Event: e, Last: true, Final: func(error) bool { return false }}
	err := pages.Run(t.Context(), d, func(ctx context.Context, turn *jobdb.Turn) error {
		if err := turn.Fetch(ctx); err != nil || fault != nil {
			return errors.Join(err, fault)
		}
		return turn.Commit(ctx, job.Page{Counts: job.Counts{Read: 1, Changed: 1}})
	})
	require.ErrorIs(t, err, fault)
}

func (w *world) get(t *testing.T, id job.ID) job.Job {
	t.Helper()
	j, err := w.jobs.Get(t.Context(), id)
	require.NoError(t, err)
	return j
}

func TestAPlanThatIsLost(t *testing.T) {
	w := newWorld(t)
	w.submit(t, "j")
	require.NoError(t, w.pass(t, job.Stall-time.Second))
	require.Empty(t, w.sent, "it may still come")
	seen := map[string]bool{}
	for range 2 {
		require.NoError(t, w.pass(t, job.Stall))
		require.Equal(t, "job.plan.v1", w.sent[len(w.sent)-1].Topic)
		seen[w.sent[len(w.sent)-1].ID()] = true
	}
	require.Len(t, seen, 2, "each time under another id")
	require.NoError(t, w.pass(t, job.Stall))
	require.Len(t, w.sent, 2)
	require.Equal(t, job.Failed, w.get(t, "j").State)
	require.Contains(t, w.get(t, "j").Cause, "plan was lost")
}

func TestPagesThatAreLost(t *testing.T) {
	w := newWorld(t)
	w.running(t, "j", 3)
	w.page(t, "j", 1, nil)
	require.NoError(t, w.pass(t, job.Stall))
	require.Empty(t, w.sent, "a page came in: the job moves")
	for range 2 {
		require.NoError(t, w.pass(t, job.Stall))
	}
	require.Len(t, w.sent, 2, "the plan is sent again, which publishes what is missing")
	require.Empty(t, w.closed)

	require.NoError(t, w.pass(t, job.Stall))
	require.Len(t, w.sent, 2, "but not a third time")
	require.Len(t, w.closed, 1)
	tally, err := w.jobs.Survey(t.Context(), w.get(t, "j"))
	require.NoError(t, err)
	require.Equal(t, 3, tally.Pages)
	require.Equal(t, 2, tally.FailedPages)
	require.Contains(t, tally.Cause, "without an outcome")
}

func TestAJobThatIsCompleteIsClosed(t *testing.T) {
	w := newWorld(t)
	w.running(t, "j", 1)
	w.page(t, "j", 0, nil)
	require.NoError(t, w.pass(t, time.Second))
	require.Empty(t, w.closed, "whoever completed it may be at it")
	require.NoError(t, w.pass(t, time.Minute))
	require.Len(t, w.closed, 1)
	require.NoError(t, w.pass(t, time.Minute))
	require.NotEqual(t, w.closed[0], w.closed[1], "a call that was lost is followed by another one")
}

func TestACancelledJobIsClosedWhenNoPageCanBeInFlight(t *testing.T) {
	w := newWorld(t)
	w.running(t, "j", 1)
	_, err := w.jobs.Cancel(t.Context(), "j", w.now)
	require.NoError(t, err)
	require.NoError(t, w.pass(t, job.Drain-time.Second))
	require.Empty(t, w.closed)
	require.NoError(t, w.pass(t, time.Minute))
	require.Len(t, w.closed, 1)
}

// retried returns a job of two pages of which one failed and is to be tried again.
func (w *world) retried(t *testing.T, id job.ID) job.Job {
	t.Helper()
	w.running(t, id, 2)
	w.page(t, id, 0, nil)
	w.page(t, id, 1, errors.New("cold"))
	for _, s := range []job.State{job.Finishing, job.Partial} {
		_, err := w.jobs.Change(t.Context(), id, func(j job.Job) (job.Job, error) { return j.Move(s, w.now) })
		require.NoError(t, err)
	}
	j, err := w.jobs.Retry(t.Context(), id, w.now)
	require.NoError(t, err)
	w.sent = nil
	return j
}

func TestARetryIsNotClosedByWhatFailedBefore(t *testing.T) {
	w := newWorld(t)
	w.retried(t, "j")
	require.NoError(t, w.pass(t, time.Minute))
	require.Empty(t, w.closed)
	for range 2 {
		require.NoError(t, w.pass(t, job.Stall))
	}
	require.Len(t, w.sent, 2, "its plan is sent again")
	require.NoError(t, w.pass(t, job.Stall))
	require.Len(t, w.closed, 1, "and given up")
	tally, err := w.jobs.Survey(t.Context(), w.get(t, "j"))
	require.NoError(t, err)
	require.Equal(t, job.Partial, tally.Verdict())
	require.Contains(t, tally.Cause, "cold")
}

func TestTroubleWithOneJobLeavesTheOthers(t *testing.T) {
	w := newWorld(t)
	for _, id := range []job.ID{"a", "b"} {
		w.running(t, id, 1)
		w.page(t, id, 0, nil)
	}
	w.refused = errors.New("no timers")
	err := w.pass(t, time.Minute)
	require.ErrorContains(t, err, "sweep job a")
	require.ErrorContains(t, err, "sweep job b")
	require.Len(t, w.locations, 1)
	w.refused = nil
	require.NoError(t, w.pass(t, time.Minute))
	require.Len(t, w.closed, 2)
}

func TestOnePassIsBounded(t *testing.T) {
	w := newWorld(t)
	for range 100 {
		w.outbox = append(w.outbox, 500)
	}
	require.NoError(t, w.pass(t, time.Minute))
	require.Len(t, w.outbox, 90, "5,000 events a pass")
	w.outbox = []int{500, 3, 500}
	require.NoError(t, w.pass(t, time.Minute))
	require.Len(t, w.outbox, 1, "the one that is not full was the last")
}

func TestLostTimersOfCampaignsFireAtTheNextMinute(t *testing.T) {
	w := newWorld(t)
	for i := range 1200 {
		w.overdue = append(w.overdue, campaign.Timer{Campaign: campaign.ID(strconv.Itoa(i)), Kind: campaign.StartTimer, Due: noon})
	}
	require.NoError(t, w.pass(t, time.Second))
	require.Len(t, w.overdue, 1200, "Cloud Tasks is about to call them")
	require.NoError(t, w.pass(t, time.Minute))
	require.Empty(t, w.overdue)
}

func TestWhatACrashLeftIsCounted(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.pass(t, time.Minute))
	require.NotContains(t, w.said.String(), logs.Repaired)
	w.outbox = []int{3}
	require.NoError(t, w.pass(t, time.Minute))
	require.Contains(t, w.said.String(), logs.Repaired+"=3")
	w.overdue = []campaign.Timer{{Campaign: "a", Kind: campaign.StartTimer, Due: noon}}
	require.NoError(t, w.pass(t, time.Minute))
	require.Contains(t, w.said.String(), logs.Repaired+"=1")
}
