package job_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/job"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func in(s job.State) job.Job {
	j := job.New("j1", "items.price", "shop", "ann", noon)
	j.State, j.Open = s, !s.Closed()
	j.Plan.List = "x"
	return j
}

func TestMoves(t *testing.T) {
	legal := map[job.State][]job.State{
		job.Pending:    {job.Running, job.Failed, job.Cancelling},
		job.Running:    {job.Finishing, job.Cancelling},
		job.Finishing:  {job.Done, job.Partial, job.Failed},
		job.Partial:    {job.Running, job.Finishing},
		job.Failed:     {job.Pending, job.Running, job.Finishing},
		job.Cancelling: {job.Cancelled},
		job.Done:       nil,
		job.Cancelled:  nil,
	}
	for _, from := range job.States() {
		for _, to := range job.States() {
			moved, err := in(from).Move(to, noon)
			if contains(legal[from], to) {
				require.NoError(t, err, "%s to %s", from, to)
				require.Equal(t, to, moved.State)
				require.Equal(t, !to.Closed(), moved.Open)
				continue
			}
			require.ErrorIs(t, err, job.ErrIllegalMove, "%s to %s", from, to)
			require.Equal(t, from, moved.State)
			for _, next := range legal[from] {
				require.ErrorContains(t, err, string(next), "the error tells what is allowed")
			}
		}
	}
}

func contains(all []job.State, s job.State) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

func TestRetry(t *testing.T) {
	t.Run("a partial job goes on with its pages under a new generation", func(t *testing.T) {
		before := in(job.Partial)
		after, err := before.Retry(noon)
		require.NoError(t, err)
		require.Equal(t, job.Running, after.State)
		require.Equal(t, 1, after.Gen)
		require.NotEqual(t, before.PlanEvent().ID, after.PlanEvent().ID)
		require.NotEqual(t, before.PageEvent(3), after.PageEvent(3))
		require.NotEqual(t, before.Closing(noon), after.Closing(noon))
	})
	t.Run("a job that could not be planned is planned again", func(t *testing.T) {
		before := in(job.Failed)
		before.Plan = job.Plan{}
		after, err := before.Retry(noon)
		require.NoError(t, err)
		require.Equal(t, job.Pending, after.State)
	})
	for _, s := range []job.State{job.Pending, job.Running, job.Finishing, job.Done, job.Cancelling, job.Cancelled} {
		t.Run("a job that is "+string(s)+" is not retried", func(t *testing.T) {
			_, err := in(s).Retry(noon)
			require.ErrorIs(t, err, job.ErrIllegalMove)
		})
	}
}

func TestOnlySyncsLock(t *testing.T) {
	require.Equal(t, "catalog.sync:bakery", job.CatalogSync.Lock("bakery"))
	require.Empty(t, job.Kind("items.price").Lock("bakery"))
}

func TestDiagnose(t *testing.T) {
	tests := map[string]struct {
		state   job.State
		plan    job.Plan
		tally   job.Tally
		still   time.Duration
		replans int
		want    job.Remedy
	}{
		"a job that has just begun waits":             {job.Running, job.Plan{Pages: 9}, job.Tally{}, time.Second, 0, job.Wait},
		"a job that gets further waits":               {job.Running, job.Plan{Pages: 9}, job.Tally{Pages: 1}, job.Stall, 0, job.Wait},
		"a complete job is closed at once":            {job.Running, job.Plan{Pages: 9}, job.Tally{Pages: 9}, 0, 0, job.Close},
		"a job of no pages is closed":                 {job.Running, job.Plan{}, job.Tally{}, 0, 0, job.Close},
		"a page that another named is waited for":     {job.Running, job.Plan{Pages: 1}, job.Tally{Pages: 1, Known: 2}, 0, 0, job.Wait},
		"a job that stands still is planned again":    {job.Running, job.Plan{Pages: 9}, job.Tally{}, job.Stall, 0, job.Replan},
		"a plan that was lost is sent again":          {job.Pending, job.Plan{}, job.Tally{}, job.Stall, 1, job.Replan},
		"a job that stands still for long is dropped": {job.Running, job.Plan{Pages: 9}, job.Tally{}, job.Stall, 2, job.Abandon},
		"a cancelled job waits for pages in flight":   {job.Cancelling, job.Plan{Pages: 9}, job.Tally{}, job.Drain - 1, 0, job.Wait},
		"a cancelled job is closed after that":        {job.Cancelling, job.Plan{Pages: 9}, job.Tally{}, job.Drain, 0, job.Close},
		"a finaliser that died is called again":       {job.Finishing, job.Plan{Pages: 9}, job.Tally{}, job.Stall, 2, job.Close},
		"a closed job is left alone":                  {job.Done, job.Plan{Pages: 9}, job.Tally{}, time.Hour, 0, job.Wait},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			j := in(test.state)
			j.Plan, j.Watch.Replans = test.plan, test.replans
			noted, got := j.Diagnose(test.tally, noon.Add(test.still))
			require.Equal(t, test.want, got)
			require.Equal(t, noon.Add(test.still), noted.Watch.Checked)
			if got == job.Replan {
				require.Equal(t, test.replans+1, noted.Watch.Replans)
				require.NotEqual(t, j.PlanEvent().ID, noted.PlanEvent().ID)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	j := in(job.Running)
	j.Plan.Pages, j.Started = 100, noon
	p := j.ProgressAt(job.Tally{Pages: 25}, noon.Add(50*time.Second))
	require.Equal(t, 0.5, p.Rate)
	require.Equal(t, 150.0, p.Remaining)

	j.Plan = job.Plan{Pages: 1, Chain: true}
	p = j.ProgressAt(job.Tally{Pages: 4, Known: 5}, noon.Add(time.Second))
	require.True(t, p.Open)
	require.Equal(t, 5, p.Total)
	require.Zero(t, p.Remaining, "nobody knows how long a chain is")
}

// However pages come in, the sum is the same, it is complete with the last one,
// and progress never goes back.
func TestTallyDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := rapid.SliceOfN(rapid.SampledFrom([]job.State{job.Done, job.Failed}), 1, 40).Draw(t, "pages")
		order := rapid.Permutation(numbers(len(states))).Draw(t, "order")
		j := in(job.Running)
		chain := rapid.Bool().Draw(t, "each page names the next")
		j.Plan.Pages = len(states)
		if chain {
			j.Plan.Pages = 1
		}
		var tally, straight job.Tally
		for i, s := range states {
			straight = straight.With(job.Page{Page: i, State: s, More: chain && i < len(states)-1, Counts: job.Counts{Read: i}})
		}
		for i, n := range order {
			require.False(t, tally.Complete(j.Plan), "after %d of %d", i, len(states))
			tally = tally.With(job.Page{Page: n, State: states[n], More: chain && n < len(states)-1, Counts: job.Counts{Read: n}})
		}
		require.True(t, tally.Complete(j.Plan))
		require.Equal(t, straight.Counts, tally.Counts)
		require.Equal(t, straight.Verdict(), tally.Verdict())
		require.Equal(t, tally.FailedPages == 0, tally.Verdict() == job.Done)
	})
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestFaultsAreBounded(t *testing.T) {
	var p job.Page
	for range 1000 {
		p.Refuse(job.Fault{Item: "x", Reason: string(make([]byte, 5000))})
	}
	require.Equal(t, 1000, p.Failed)
	require.Len(t, p.Faults, job.MaxFaults)
	require.LessOrEqual(t, len(p.Faults[0].Reason), 500)
}
