package intake_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/track"
	"lastmile/shared/track/intake"
)

// slow is a store that takes a millisecond for each call, and remembers them.
type slow struct {
	mu    sync.Mutex
	calls []int // fixes of each
	kept  map[track.CourierID]bool
	err   error
	at    atomic.Int32 // calls under way
}

func (s *slow) Newest(context.Context, ...track.CourierID) ([]track.Fix, error) { return nil, nil }

func (s *slow) Keep(ctx context.Context, _ time.Time, fixes ...track.Fix) (int, string, error) {
	if s.at.Add(1) > 1 {
		panic("two keeps at once")
	}
	defer s.at.Add(-1)
	time.Sleep(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, "", s.err
	}
	if s.kept == nil {
		s.kept = make(map[track.CourierID]bool)
	}
	for _, f := range fixes {
		s.kept[f.Courier] = true
	}
	s.calls = append(s.calls, len(fixes))
	return len(fixes), "", ctx.Err()
}

func TestCallsThatComeTogetherAreKeptTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		i := intake.New(s, nil, intake.Options{Now: func() time.Time { return noon }})
		var group sync.WaitGroup
		errs := make([]error, 2000)
		for n := range errs {
			group.Go(func() { _, errs[n] = i.Accept(t.Context(), at(track.CourierID(fmt.Sprint("c", n)), 0, 0)) })
		}
		group.Wait()
		require.NoError(t, errors.Join(errs...))
		require.Len(t, s.kept, 2000)
		require.LessOrEqual(t, len(s.calls), 6, "one that leads, then 500 at a time")

		_, err := i.Accept(t.Context(), at("alone", 0, 0))
		require.NoError(t, err)
		require.Equal(t, 1, s.calls[len(s.calls)-1], "one that comes alone does not wait")
	})
}

func TestACallerThatGivesUpTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		i := intake.New(s, nil, intake.Options{Now: func() time.Time { return noon }})
		var group sync.WaitGroup
		errs := make([]error, 300)
		for n := range errs {
			group.Go(func() {
				ctx := t.Context()
				if n%2 == 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Duration(n)*10*time.Microsecond)
					defer cancel()
				}
				_, errs[n] = i.Accept(ctx, at(track.CourierID(fmt.Sprint("c", n)), 0, 0))
			})
		}
		group.Wait()
		for n := 1; n < len(errs); n += 2 {
			require.NoError(t, errs[n])
			require.True(t, s.kept[track.CourierID(fmt.Sprint("c", n))], n)
		}
	})
}

func TestAFailureIsEverybodysWhoWaitedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{err: errors.New("redis is down")}
		i := intake.New(s, nil, intake.Options{Now: func() time.Time { return noon }})
		var group sync.WaitGroup
		errs := make([]error, 50)
		for n := range errs {
			group.Go(func() { _, errs[n] = i.Accept(t.Context(), at(track.CourierID(fmt.Sprint("c", n)), 0, 0)) })
		}
		group.Wait()
		for _, err := range errs {
			require.ErrorIs(t, err, s.err)
		}
		s.err = nil
		_, err := i.Accept(t.Context(), at("c1", 0, 0))
		require.NoError(t, err, "the same fix again")
		require.True(t, s.kept["c1"])
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := intake.New(&slow{}, nil, intake.Options{Now: func() time.Time { return noon }})
		full := make([]track.Fix, intake.MaxFixes)
		for n := range full {
			full[n] = at("ada", n/10, 0)
		}
		var busy atomic.Int32
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				if _, err := i.Accept(t.Context(), full...); errors.Is(err, intake.ErrBusy) {
					busy.Add(1)
				}
			})
		}
		group.Wait()
		require.Positive(t, busy.Load())
		require.Less(t, busy.Load(), int32(150))
		_, err := i.Accept(t.Context(), full...)
		require.NoError(t, err)
	})
}
