package timer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/shadow"
	"lastmile/shared/timer"
)

func TestADryHandlingSetsNoTimers(t *testing.T) {
	q, err := timer.Open(t.Context(), timer.Options{Project: "test", Region: "here", EmulatorHost: "localhost:1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	effects := func(tm timer.Timer) shadow.Effects {
		h := &shadow.Handling{Dry: true}
		require.NoError(t, q.Schedule(h.In(t.Context()), tm), "Cloud Tasks is not there to be asked")
		require.NoError(t, q.Cancel(h.In(t.Context()), tm))
		return h.Effects()
	}
	a := effects(timer.Timer{Function: "old", Entity: "job:1", Kind: "finish", Gen: 2, Due: time.Now()})
	require.Len(t, a, 2)
	require.Equal(t, a, effects(timer.Timer{Function: "new", Entity: "job:1", Kind: "finish", Gen: 2, Due: time.Now().Add(time.Second)}))
	require.NotEqual(t, a, effects(timer.Timer{Function: "old", Entity: "job:1", Kind: "finish", Gen: 3}))
}
