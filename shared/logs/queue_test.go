package logs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/logs"
)

var errDead = errors.New("dead")

// pass lets time go by in a bubble, and everybody do what is due.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestConcurrentFlushesShareAnAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{hold: make(chan struct{})}
		l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s})
		l.Logger().Info("first")
		var wg sync.WaitGroup
		wg.Go(func() { require.NoError(t, l.Flush(t.Context())) })
		synctest.Wait() // the first append is under way
		for range 100 {
			wg.Go(func() {
				l.Logger().Info("more")
				require.NoError(t, l.Flush(t.Context()))
			})
		}
		synctest.Wait()
		close(s.hold)
		wg.Wait()
		require.Len(t, s.all(), 101)
		require.Equal(t, 2, s.appends)
		require.NoError(t, l.Close(t.Context()))
	})
}

func TestFlushWaitsNoLongerThanItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{hold: make(chan struct{})}
		l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s})
		l.Logger().Info("x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, l.Flush(ctx), context.DeadlineExceeded)
		close(s.hold)
		require.NoError(t, l.Close(t.Context()))
		require.Len(t, s.all(), 1)
	})
}

func TestFlushOfNothingCostsNothing(t *testing.T) {
	s := &shelf{}
	l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s})
	require.NoError(t, l.Flush(t.Context()))
	require.NoError(t, l.Close(t.Context()))
	require.Zero(t, s.appends)

	stdoutOnly := logs.New(logs.Options{Out: &bytes.Buffer{}})
	stdoutOnly.Logger().Info("x")
	require.NoError(t, stdoutOnly.Flush(t.Context()))
	require.Zero(t, stdoutOnly.Dropped())
	require.NoError(t, stdoutOnly.Close(t.Context()))
}

func TestShortOutageLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{err: errDead}
		l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s})
		l.Logger().Info("before")
		require.ErrorIs(t, l.Flush(t.Context()), errDead)
		l.Logger().Info("during")
		require.ErrorIs(t, l.Flush(t.Context()), logs.ErrStoreDown, "nobody waits for a store that is known to be down")
		s.fail(nil)
		pass(time.Minute)
		require.Len(t, s.all(), 2)
		require.Zero(t, l.Dropped())
		require.NoError(t, l.Close(t.Context()))
	})
}

func TestLossesAreCountedAndSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &shelf{err: errDead}
		l := logs.New(logs.Options{Out: &out, Store: s, Buffer: 80})
		for range 100 {
			l.Logger().Info("x")
		}
		l.Logger().Error("the rest of the buffer is for this")
		require.EqualValues(t, 30, l.Dropped())
		s.fail(nil)
		pass(time.Minute)

		rs := s.all()
		require.Len(t, rs, 72)
		require.Equal(t, "the rest of the buffer is for this", rs[70].Message)
		require.Equal(t, "log records were dropped", rs[71].Message)
		require.Equal(t, map[string]any{"dropped": int64(30)}, rs[71].Attrs)
		require.Len(t, lines(t, &out), 102, "every record is a line in any case")
		require.NoError(t, l.Close(t.Context()))
	})
}

func TestStoreThatStaysDownIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{err: errDead}
		l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s})
		l.Logger().Info("poison")
		pass(5 * time.Minute)
		require.EqualValues(t, 1, l.Dropped())
		require.LessOrEqual(t, s.appends, 10)

		s.fail(nil)
		l.Logger().Info("later")
		pass(time.Minute)
		require.Equal(t, "later", s.all()[0].Message)
		require.Equal(t, "log records were dropped", s.all()[1].Message)
		require.NoError(t, l.Close(t.Context()))
	})
}

func TestCloseStoresTheRestAndCountsWhatComesLater(t *testing.T) {
	s := &shelf{}
	l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s, Linger: time.Hour})
	l.Logger().Info("x")
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, l.Close(t.Context()), "closing twice is harmless")
	require.Len(t, s.all(), 1)
	l.Logger().Info("late")
	require.EqualValues(t, 1, l.Dropped())
	require.Error(t, l.Flush(t.Context()))
}

func TestCloseOfADeadStoreCountsTheLoss(t *testing.T) {
	l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: &shelf{err: errDead}, Linger: time.Hour})
	l.Logger().Info("x")
	require.NoError(t, l.Close(t.Context()))
	require.EqualValues(t, 1, l.Dropped())
}

// talkative is a store that logs while it stores.
type talkative struct {
	shelf
	logger *slog.Logger
}

func (s *talkative) Append(ctx context.Context, rs []logs.Record) error {
	s.logger.WarnContext(ctx, "slow commit")
	return s.shelf.Append(ctx, rs)
}

func TestStoreThatLogsDoesNotFeedItself(t *testing.T) {
	var out bytes.Buffer
	s := &talkative{}
	l := logs.New(logs.Options{Out: &out, Store: s})
	s.logger = l.Logger()
	l.Logger().Info("x")
	require.NoError(t, l.Close(t.Context()))
	require.Len(t, s.all(), 1)
	require.Len(t, lines(t, &out), 2)
}

func TestLogsFromManyGoroutines(t *testing.T) {
	s := &shelf{}
	l := logs.New(logs.Options{Out: io.Discard, Store: s})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				ctx, op := logs.Begin(t.Context(), l, "op", logs.Fields{})
				l.Logger().InfoContext(ctx, "x", "k", "v")
				op.End(nil)
			}
			require.NoError(t, l.Flush(t.Context()))
		})
	}
	wg.Wait()
	require.NoError(t, l.Close(t.Context()))
	require.Len(t, s.all(), 1600)
	for _, r := range s.all() {
		require.NotEqual(t, logs.StateStarted, r.State)
	}
}
