package jobfinish_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/job"
)

func TestAJobOfWhichSomethingFailedHasAReport(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, kind, 2, nil, errCold)
	require.NoError(t, w.call(t.Context(), j.ID))
	require.NoError(t, w.call(t.Context(), j.ID))
	require.Len(t, w.reports, 1, "once")
	require.JSONEq(t, `{"page":1,"reason":"the page failed: the oven is cold"}`, w.reports[0])
	j, err := w.jobs.Get(t.Context(), j.ID)
	require.NoError(t, err)
	require.NotEmpty(t, j.Report)

	j, err = w.jobs.Retry(t.Context(), j.ID, w.clock())
	require.NoError(t, err)
	require.NoError(t, w.jobs.Reset(t.Context(), j, func([]int) {}))
	w.page(t, j.ID, 1, nil)
	require.NoError(t, w.call(t.Context(), j.ID))
	require.Equal(t, job.Done, w.state(t, j.ID))
	require.Empty(t, w.reports, "what was mended is no longer reported")
	j, err = w.jobs.Get(t.Context(), j.ID)
	require.NoError(t, err)
	require.Empty(t, j.Report)
}

func TestAJobWithoutFailuresHasNoReport(t *testing.T) {
	w := newWorld(t)
	j := w.running(t, kind, 1, nil)
	require.NoError(t, w.call(t.Context(), j.ID))
	require.Equal(t, job.Done, w.state(t, j.ID))
	require.Empty(t, w.reports)
}
