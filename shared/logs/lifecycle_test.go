package logs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/logs"
)

// operation runs f as an operation and returns its record.
func operation(t *testing.T, f func(context.Context, *logs.Lifecycle) error) logs.Record {
	t.Helper()
	s := &shelf{}
	l := logs.New(logs.Options{Service: "assign", Out: &bytes.Buffer{}, Store: s})
	func() {
		defer func() { _ = recover() }()
		_ = run(t.Context(), l, f)
	}()
	require.NoError(t, l.Close(t.Context()))
	require.Equal(t, 1, s.appends, "a short operation costs one write")
	require.Len(t, s.all(), 1)
	return s.all()[0]
}

func run(ctx context.Context, l *logs.Logs, f func(context.Context, *logs.Lifecycle) error) (err error) {
	ctx, op := logs.Begin(ctx, l, "offer", logs.Fields{Entity: logs.Entity{Type: "order", ID: "1"}}, slog.Int("round", 1))
	defer op.End(&err)
	return f(ctx, op)
}

func TestLifecycleEndsWithTheOutcome(t *testing.T) {
	t.Run("success", func(t *testing.T) {
		r := operation(t, func(ctx context.Context, op *logs.Lifecycle) error {
			logs.Trip(ctx, "firestore.Commit", time.Millisecond)
			logs.Trip(ctx, "firestore.Commit", time.Millisecond)
			op.Add(slog.String("winner", "c7"))
			op.Status(204)
			return nil
		})
		require.Equal(t, logs.KindLifecycle, r.Kind)
		require.Equal(t, logs.StateOK, r.State)
		require.Equal(t, "INFO", r.Level)
		require.Equal(t, "offer", r.Operation)
		require.Equal(t, []string{"order:1"}, r.Entities)
		require.Equal(t, 204, r.Status)
		require.Equal(t, 2, r.Trips)
		require.Equal(t, logs.TripCounts{{Name: "firestore.Commit", Count: 2, TookMS: 2}}, r.TripsBy)
		require.Equal(t, map[string]any{"round": int64(1), "winner": "c7"}, r.Attrs)
		require.Nil(t, r.Error)
	})
	t.Run("an error", func(t *testing.T) {
		r := operation(t, func(context.Context, *logs.Lifecycle) error { return errors.New("no courier") })
		require.Equal(t, logs.StateError, r.State)
		require.Equal(t, "ERROR", r.Level)
		require.Equal(t, "no courier", r.Error.Message)
		require.Empty(t, r.Error.Stack)
	})
	t.Run("an answer that says it failed", func(t *testing.T) {
		r := operation(t, func(_ context.Context, op *logs.Lifecycle) error { op.Status(503); return nil })
		require.Equal(t, logs.StateError, r.State)
	})
	t.Run("a cancelled caller is a warning", func(t *testing.T) {
		r := operation(t, func(context.Context, *logs.Lifecycle) error { return context.Canceled })
		require.Equal(t, "WARNING", r.Level)
		require.Equal(t, "cancelled", r.Error.Class)
	})
	t.Run("a panic", func(t *testing.T) {
		r := operation(t, func(context.Context, *logs.Lifecycle) error { panic("out of range") })
		require.Equal(t, logs.StateError, r.State)
		require.Equal(t, "panic", r.Error.Class)
		require.Equal(t, "panic: out of range", r.Error.Message)
		require.Contains(t, r.Error.Stack, "lifecycle_test.go")
		require.True(t, r.Error.Retryable)
	})
	t.Run("a panic that somebody recovered", func(t *testing.T) {
		r := operation(t, func(context.Context, *logs.Lifecycle) (err error) {
			defer func() { err = logs.Panicked(recover()) }()
			panic(errors.New("out of range"))
		})
		require.Equal(t, "panic", r.Error.Class)
		require.Contains(t, r.Error.Stack, "lifecycle_test.go")
	})
}

func TestPanicGoesOn(t *testing.T) {
	l := logs.New(logs.Options{Out: &bytes.Buffer{}})
	require.PanicsWithValue(t, "out of range", func() {
		_ = run(t.Context(), l, func(context.Context, *logs.Lifecycle) error { panic("out of range") })
	})
}

func TestCrashedOperationIsVisibleAsStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s})
		_, op := logs.Begin(t.Context(), l, "drain", logs.Fields{})
		require.Empty(t, s.all())
		pass(60 * time.Millisecond)
		require.Len(t, s.all(), 1)
		require.Equal(t, logs.StateStarted, s.all()[0].State)

		op.End(nil)
		require.NoError(t, l.Close(t.Context()))
		require.Len(t, s.all(), 1, "the same record")
		require.Equal(t, logs.StateOK, s.all()[0].State)
		require.Equal(t, 60.0, s.all()[0].TookMS)
	})
}

func TestHighStakesAreStoredBeforeTheyBegin(t *testing.T) {
	s := &shelf{}
	l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s, Linger: time.Hour})
	_, op := logs.BeginSync(t.Context(), l, "refund", logs.Fields{})
	require.Len(t, s.all(), 1)
	require.Equal(t, logs.StateStarted, s.all()[0].State)
	op.End(nil)
	require.NoError(t, l.Close(t.Context()))
}

func TestStepsBelongToTheirOperation(t *testing.T) {
	s := &shelf{}
	l := logs.New(logs.Options{Out: &bytes.Buffer{}, Store: s})
	_, op := logs.Begin(t.Context(), l, "sync", logs.Fields{Job: "j"})
	op.Step("planned", slog.Int("pages", 3))
	op.Step("published")
	op.End(nil)
	require.NoError(t, l.Close(t.Context()))

	rs := s.all()
	require.Len(t, rs, 3)
	for _, r := range rs[1:] {
		require.Equal(t, logs.KindStep, r.Kind)
		require.Equal(t, rs[0].ID, r.Lifecycle)
		require.Equal(t, rs[0].Span, r.Span)
		require.Equal(t, "j", r.Job)
	}
	require.Equal(t, "planned", rs[1].Message)
	require.Equal(t, map[string]any{"pages": int64(3)}, rs[1].Attrs)
}

func TestSpansFormATree(t *testing.T) {
	l := logs.New(logs.Options{Out: &bytes.Buffer{}})
	arrived := restore(t.Context(), map[string]string{"traceparent": sampleTrace})
	outer, _ := logs.Begin(arrived, l, "outer", logs.Fields{})
	inner, _ := logs.Begin(outer, l, "inner", logs.Fields{})

	require.Equal(t, logs.From(arrived).Span, logs.From(outer).Span, "the first operation takes the span of the hop")
	require.NotEqual(t, logs.From(outer).Span, logs.From(inner).Span)
	require.Equal(t, logs.From(outer).Trace, logs.From(inner).Trace)

	var out bytes.Buffer
	logger := logs.New(logs.Options{Out: &out}).Logger()
	logger.InfoContext(outer, "x")
	logger.InfoContext(inner, "x")
	ms := lines(t, &out)
	require.Equal(t, "b7ad6b7169203331", ms[0]["parent"])
	require.Equal(t, logs.From(outer).Span, ms[1]["parent"])
}

func TestTripsCountInEveryCounterAbove(t *testing.T) {
	require.Nil(t, logs.Trips(t.Context()))
	logs.Trip(t.Context(), "nobody counts", time.Second)

	request := logs.CountTrips(t.Context())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			part := logs.CountTrips(request)
			logs.Trip(part, "redis.EVALSHA", time.Millisecond)
			logs.Trip(part, "firestore.Commit", 2*time.Millisecond)
			require.Len(t, logs.Trips(part), 2)
		})
	}
	wg.Wait()
	count, took := logs.Trips(request).Total()
	require.Equal(t, 100, count)
	require.Equal(t, 150*time.Millisecond, took)
}
