package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A platform that stands still for a second holds up everybody who is due in it.
// Who asks only after the last answer would see one slow call.
func TestWhatWaitsBehindASlowCallIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := newSeries("call")
		s.begin(began)
		platform := make(chan struct{}, 1) // serves one at a time
		pace(t.Context(), 100, began.Add(10*time.Second), func(_ context.Context, n int, due time.Time) {
			platform <- struct{}{}
			defer func() { <-platform }()
			if n == 500 {
				time.Sleep(time.Second)
			}
			s.done(due, time.Now(), nil)
		})
		require.EqualValues(t, 1000, s.all.TotalCount(), "what is due is done, however long the one before takes")
		require.InDelta(t, 1000, at(s.all, 100), 1, "in milliseconds")
		require.InDelta(t, 900, at(s.all, 99), 15, "of the hundred that waited, ten waited for longer")
		require.InDelta(t, 0, at(s.all, 89), 1)
	})
}

func TestTheNextSecondsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := newSeries("call")
		s.begin(began)
		s.done(began, began.Add(time.Millisecond), nil)
		s.done(began.Add(2*time.Second), began.Add(2*time.Second+5*time.Millisecond), nil)
		s.done(began, began, errors.New("503 "))
		require.Len(t, s.seconds, 3)
		require.Nil(t, s.seconds[1])
		require.InDelta(t, 5, at(s.seconds[2], 50), 0.1)
		require.Equal(t, 1, s.failures())
	})
}
