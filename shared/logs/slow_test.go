package logs_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/logs"
)

// slowLogs judges reads after 100 ms and writes after a second.
func slowLogs(s logs.Store) *logs.Logs {
	return logs.New(logs.Options{
		Service: "api", Out: io.Discard, Store: s, Linger: time.Hour,
		SlowAfter: logs.Thresholds{"read": 100 * time.Millisecond, "write": time.Second},
	})
}

// call runs an operation that waits so long for one thing.
func call(l *logs.Logs, operation string, took time.Duration) {
	ctx, op := logs.Begin(context.Background(), l, operation, logs.Fields{})
	time.Sleep(took)
	logs.Trip(ctx, "firestore.Commit", took)
	logs.Called(ctx, "pubsub.Publish", 0)
	op.End(nil)
}

func TestSlowCallsSayWhatTheyWaitedFor(t *testing.T) {
	tests := map[string]struct {
		operation string
		took      time.Duration
		slow      bool
	}{
		"a quick read is not slow":             {"GET /v1/jobs", 99 * time.Millisecond, false},
		"a read at its threshold is":           {"GET /v1/jobs", 100 * time.Millisecond, true},
		"a write has a threshold of its own":   {"POST /v1/jobs", 500 * time.Millisecond, false},
		"a slow write is slow":                 {"POST /v1/jobs", time.Second, true},
		"a class without a threshold is never": {"jobplan job.plan.v1", time.Hour, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s shelf
				l := slowLogs(&s)
				call(l, test.operation, test.took)
				require.NoError(t, l.Close(t.Context()))
				r := s.all()[0]
				require.Equal(t, test.slow, r.Slow)
				if !test.slow {
					require.Empty(t, r.Calls)
					return
				}
				require.Equal(t, "WARNING", r.Level)
				took := float64(test.took.Milliseconds())
				require.Equal(t, []logs.Call{{Name: "firestore.Commit", TookMS: took}, {Name: "pubsub.Publish", AtMS: took}}, r.Calls)
				require.Equal(t, 1, r.Trips, "a publish is no database round trip")
			})
		})
	}
}

func TestSlowCallsOfOneKindAreSampled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shelf
		l := slowLogs(&s)
		for range 21 {
			call(l, "GET /v1/jobs", time.Second)
		}
		call(l, "GET /v1/items", time.Second)
		time.Sleep(time.Minute)
		call(l, "GET /v1/jobs", time.Second)
		require.NoError(t, l.Close(t.Context()))
		var full []int
		for i, r := range s.all() {
			require.True(t, r.Slow, "all are marked")
			if len(r.Calls) > 0 {
				full = append(full, i)
			}
		}
		require.Equal(t, []int{0, 10, 20, 21, 22}, full, "the first of a kind and minute, one in ten after it")
	})
}

func TestASlowOperationListsABoundedNumberOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shelf
		l := slowLogs(&s)
		ctx, op := logs.Begin(t.Context(), l, "GET /v1/all", logs.Fields{})
		time.Sleep(time.Second)
		for range 1000 {
			logs.Trip(ctx, "redis.GET", 0)
		}
		op.End(nil)
		require.NoError(t, l.Close(t.Context()))
		r := s.all()[0]
		require.Less(t, len(r.Calls), 50)
		require.Equal(t, "and others, not listed", r.Calls[len(r.Calls)-1].Name)
		require.Equal(t, 1000, r.Trips)
	})
}

func TestAnOperationLearnsWhatItIsAbout(t *testing.T) {
	var s shelf
	l := logs.New(logs.Options{Service: "api", Out: io.Discard, Store: &s})
	ctx, op := logs.Begin(t.Context(), l, "POST /v1/orders/7/accept", logs.Fields{})
	ctx = logs.With(ctx, logs.Fields{Caller: "merchant:1", Operation: "POST /v1/orders/{order}/accept", Entity: logs.Entity{Type: "order", ID: "7"}})
	logs.With(ctx, logs.Fields{Caller: "courier:2", Job: "j", Entity: logs.Entity{Type: "courier", ID: "2"}})
	logs.Fail(ctx, errors.New("the cause"))
	answered := errors.New("answered 500")
	op.End(&answered)
	logs.With(ctx, logs.Fields{Entity: logs.Entity{Type: "late", ID: "1"}})
	require.NoError(t, l.Close(t.Context()))

	r := s.all()[0]
	require.Equal(t, []string{"order:7", "courier:2"}, r.Entities)
	require.Equal(t, "merchant:1", r.Caller, "who called is said once")
	require.Equal(t, "j", r.Job)
	require.Equal(t, "POST /v1/orders/{order}/accept", r.Operation)
	require.Equal(t, "POST /v1/orders/7/accept", r.Message)
	require.Equal(t, "the cause", r.Error.Message)
	require.Len(t, s.all(), 1, "what comes after the end changes nothing")
}

func TestACrashedOperationSaysWhatItWasAbout(t *testing.T) {
	var s shelf
	l := logs.New(logs.Options{Service: "api", Out: io.Discard, Store: &s})
	ctx, _ := logs.Begin(t.Context(), l, "POST /x", logs.Fields{})
	require.NoError(t, l.Flush(t.Context()), "it runs for long")
	logs.With(ctx, logs.Fields{Entity: logs.Entity{Type: "order", ID: "7"}})
	require.NoError(t, l.Close(t.Context()))
	last := s.all()[len(s.all())-1]
	require.Equal(t, logs.StateStarted, last.State)
	require.Equal(t, []string{"order:7"}, last.Entities)
}

func TestStatsTellWhatWasLost(t *testing.T) {
	require.Zero(t, logs.New(logs.Options{Out: io.Discard}).Stats())
	s := &shelf{}
	l := logs.New(logs.Options{Out: io.Discard, Store: s, Buffer: 8, Linger: time.Hour})
	for range 20 {
		l.Logger().Info("x")
	}
	require.Positive(t, l.Stats().Dropped)
	require.NoError(t, l.Close(t.Context()))
	require.Zero(t, l.Stats().Waiting)
}
