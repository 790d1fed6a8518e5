package tasks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/fault"
	"lastmile/emulators/tasks"
)

func TestATaskFiresAtItsTimeAndNotBefore(t *testing.T) {
	r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
	h := newHandler(t, r.clock.Now)
	r.mustCreate("later", h.URL+"/later", 2*time.Hour)
	r.mustCreate("now", h.URL+"/now", 0)

	r.idle()
	require.Equal(t, []string{"/now"}, h.paths())
	r.advance(2*time.Hour - time.Microsecond)
	require.Equal(t, []string{"/now"}, h.paths())
	r.advance(time.Microsecond)
	require.Equal(t, []string{"/now", "/later"}, h.paths())
	require.Empty(t, r.Pending())
}

func TestRetriesFollowTheDocumentedBackoff(t *testing.T) {
	for name, tc := range map[string]struct {
		retry *cloudtaskspb.RetryConfig
		waits []time.Duration // in seconds, until each retry
	}{
		"doubles, then grows by the last step, up to the maximum": {
			&cloudtaskspb.RetryConfig{MinBackoff: seconds(10), MaxBackoff: seconds(300), MaxDoublings: 3},
			[]time.Duration{10, 20, 40, 80, 160, 240, 300, 300},
		},
		"never waits longer than the maximum": {
			&cloudtaskspb.RetryConfig{MinBackoff: seconds(4), MaxBackoff: seconds(10), MaxDoublings: 5},
			[]time.Duration{4, 8, 10, 10},
		},
		"stops after the last attempt": {
			&cloudtaskspb.RetryConfig{MinBackoff: seconds(1), MaxBackoff: seconds(1), MaxAttempts: 3},
			[]time.Duration{1, 1, 0},
		},
		"stops after the longest duration when attempts are unlimited": {
			&cloudtaskspb.RetryConfig{MinBackoff: seconds(5), MaxBackoff: seconds(5), MaxAttempts: -1, MaxRetryDuration: seconds(12)},
			[]time.Duration{5, 5, 5, 0},
		},
		"with both limits it stops when both are reached": {
			&cloudtaskspb.RetryConfig{MinBackoff: seconds(5), MaxBackoff: seconds(5), MaxAttempts: 2, MaxRetryDuration: seconds(12)},
			[]time.Duration{5, 5, 5, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{RetryConfig: tc.retry})
			h := newHandler(t, r.clock.Now, slices.Repeat([]int{500}, len(tc.waits)+1)...)
			r.mustCreate("", h.URL, 0)
			for n, wait := range tc.waits {
				r.idle()
				if wait == 0 {
					require.Empty(t, r.Pending(), "attempt %d was the last", n+1)
					require.Equal(t, 1, r.Stats().Exhausted)
					return
				}
				pending := r.Pending()
				require.Len(t, pending, 1)
				require.Equal(t, wait*time.Second, pending[0].Schedule.Sub(r.clock.Now()), "before retry %d", n+1)
				r.clock.Advance(wait * time.Second)
			}
		})
	}
}

func seconds(n int) *durationpb.Duration { return durationpb.New(time.Duration(n) * time.Second) }

func TestAnOverloadedHandlerMayAskForMoreTime(t *testing.T) {
	r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer h.Close()
	r.mustCreate("", h.URL, 0)
	r.idle()
	require.Equal(t, 90*time.Second, r.Pending()[0].Schedule.Sub(r.clock.Now()))
}

func TestTheTaskOfAQueueMayHaveRetriesOfItsOwn(t *testing.T) {
	r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
	h := newHandler(t, r.clock.Now, 500, 500)
	_, err := r.client.CreateTask(t.Context(), &cloudtaskspb.CreateTaskRequest{Parent: queue, Task: &cloudtaskspb.Task{
		MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{Url: h.URL}},
		RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: 1},
	}})
	require.NoError(t, err)
	r.idle()
	require.Empty(t, r.Pending())
	require.Len(t, h.seen(), 1)
}

func TestRateLimits(t *testing.T) {
	t.Run("a slow queue spends its burst, then keeps to its rate", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 1}})
		h := newHandler(t, r.clock.Now)
		for range 13 {
			r.mustCreate("", h.URL, 0)
		}
		require.Eventually(t, func() bool { return r.Stats().Succeeded == 10 }, 10*time.Second, time.Millisecond)
		for n := 11; n <= 13; n++ {
			r.clock.Advance(time.Second)
			require.Eventually(t, func() bool { return r.Stats().Succeeded == n }, 10*time.Second, time.Millisecond)
		}
	})
	t.Run("never more in flight than allowed", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 3}})
		var mu sync.Mutex
		whole := sync.NewCond(&mu)
		flying, most, entered := 0, 0, 0
		h := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			flying++
			most = max(most, flying)
			round := entered / 3
			for entered++; entered < 3*(round+1); {
				whole.Wait()
			}
			whole.Broadcast()
			flying--
		}))
		defer h.Close()
		for range 30 {
			r.mustCreate("", h.URL, 0)
		}
		r.idle()
		require.Equal(t, 3, most, "three meet in every round")
		require.Equal(t, 30, r.Stats().Succeeded)
	})
}

func TestTenThousandTasksOfOneMinuteFireOnTime(t *testing.T) {
	r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
	h := newHandler(t, r.clock.Now)
	const n = 10_000
	start := r.clock.Now()
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for i := worker; i < n; i += 16 {
				r.mustCreate("", fmt.Sprintf("%s/%d", h.URL, i), time.Minute+time.Duration(i)*time.Minute/n)
			}
		})
	}
	wg.Wait()
	r.clock.Advance(time.Minute)
	for range 60 {
		r.advance(time.Second)
	}
	visits := h.seen()
	require.Len(t, visits, n)
	for _, v := range visits {
		var i int
		_, err := fmt.Sscanf(v.path, "/%d", &i)
		require.NoError(t, err)
		late := v.at.Sub(start.Add(time.Minute + time.Duration(i)*time.Minute/n))
		require.True(t, late >= 0 && late <= time.Second, "task %d fired %v after its time", i, late)
	}
}

func TestFaults(t *testing.T) {
	t.Run("a call fails as told", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
		r.Faults.Add(fault.Rule{Method: "CreateTask", Code: codes.ResourceExhausted, Times: 1})
		_, err := r.create("a", "http://127.0.0.1:1", time.Hour)
		require.Equal(t, codes.ResourceExhausted, status.Code(err))
		r.mustCreate("a", "http://127.0.0.1:1", time.Hour)
	})
	t.Run("a task exists though the answer was lost", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
		r.Faults.Add(fault.Rule{Method: "CreateTask", Code: codes.Internal, After: true, Times: 1})
		_, err := r.create("a", "http://127.0.0.1:1", time.Hour)
		require.Equal(t, codes.Internal, status.Code(err))
		_, err = r.create("a", "http://127.0.0.1:1", time.Hour)
		require.Equal(t, codes.AlreadyExists, status.Code(err))
	})
	t.Run("a handler's answer is lost and the task comes again", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
		h := newHandler(t, r.clock.Now)
		r.Faults.Add(fault.Rule{Method: "Dispatch", Code: codes.Unavailable, After: true, Times: 1})
		r.mustCreate("a", h.URL, 0)
		r.idle()
		r.advance(time.Second)
		visits := h.seen()
		require.Len(t, visits, 2)
		require.Equal(t, "1", visits[1].header.Get("X-CloudTasks-TaskRetryCount"))
		require.Equal(t, "0", visits[1].header.Get("X-CloudTasks-TaskExecutionCount"))
		require.Empty(t, visits[1].header.Get("X-CloudTasks-TaskPreviousResponse"))
	})
}

func TestMischief(t *testing.T) {
	run := func(t *testing.T, m tasks.Mischief, n int) (*rig, []string) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
		h := newHandler(t, r.clock.Now)
		r.Deliveries.Set(m)
		for i := range n {
			r.mustCreate(fmt.Sprintf("t%d", i), fmt.Sprintf("%s/t%d", h.URL, i), time.Minute+time.Duration(i)*time.Millisecond)
		}
		r.idle()
		r.advance(2 * time.Minute)
		return r, h.paths()
	}
	t.Run("dropped tasks vanish, the same ones for the same seed", func(t *testing.T) {
		r, first := run(t, tasks.Mischief{Seed: 7, Drop: 0.3}, 50)
		_, second := run(t, tasks.Mischief{Seed: 7, Drop: 0.3}, 50)
		_, other := run(t, tasks.Mischief{Seed: 8, Drop: 0.3}, 50)
		require.ElementsMatch(t, first, second)
		require.NotSubset(t, first, other)
		require.Equal(t, 50, len(first)+r.Stats().Dropped)
		require.Empty(t, r.Pending())
	})
	t.Run("doubled attempts arrive twice", func(t *testing.T) {
		r, paths := run(t, tasks.Mischief{Double: 1}, 5)
		require.Equal(t, 5, r.Stats().Doubled)
		require.Len(t, paths, 10)
	})
	t.Run("early tasks do not wait", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
		h := newHandler(t, r.clock.Now)
		r.Deliveries.Set(tasks.Mischief{Early: 1})
		r.mustCreate("a", h.URL+"/a", time.Hour)
		r.idle()
		require.Equal(t, []string{"/a"}, h.paths())
	})
	t.Run("early tasks come as early as told", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
		h := newHandler(t, r.clock.Now)
		r.Deliveries.Set(tasks.Mischief{Early: 1, EarlyBy: time.Minute})
		r.mustCreate("a", h.URL+"/a", time.Hour)
		r.advance(59*time.Minute - 1)
		require.Empty(t, h.paths())
		r.advance(1)
		require.Equal(t, []string{"/a"}, h.paths())
	})
	t.Run("late tasks are overtaken", func(t *testing.T) {
		r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
		h := newHandler(t, r.clock.Now)
		r.Deliveries.Set(tasks.Mischief{Late: 1, LateBy: time.Hour})
		r.mustCreate("late", h.URL+"/late", time.Second)
		r.Deliveries.Reset()
		r.mustCreate("prompt", h.URL+"/prompt", 2*time.Second)
		r.advance(2 * time.Second)
		r.advance(time.Hour)
		require.Equal(t, []string{"/prompt", "/late"}, h.paths())
	})
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first := newRig(t, tasks.Options{Dir: dir}, &cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: seconds(60), MaxBackoff: seconds(60)}})
	h := newHandler(t, first.clock.Now, 200, 418)
	first.mustCreate("done", h.URL+"/done", 0)
	first.idle()
	first.mustCreate("failed", h.URL+"/failed", 0)
	first.idle()
	first.mustCreate("waiting", h.URL+"/waiting", time.Hour)
	require.NoError(t, first.Close())

	second := newRig(t, tasks.Options{Dir: dir, Now: first.clock.Now}, nil)
	second.clock = first.clock
	_, err := second.create("done", h.URL, 0)
	require.Equal(t, codes.AlreadyExists, status.Code(err), "the name stays reserved")
	second.advance(time.Minute)
	visits := h.seen()
	require.Equal(t, "/failed", visits[2].path)
	require.Equal(t, "1", visits[2].header.Get("X-CloudTasks-TaskRetryCount"))
	require.Equal(t, "1", visits[2].header.Get("X-CloudTasks-TaskExecutionCount"))
	require.Equal(t, "418", visits[2].header.Get("X-CloudTasks-TaskPreviousResponse"))
	second.advance(time.Hour)
	require.Equal(t, "/waiting", h.paths()[3])
	_, err = second.create("done", h.URL, 0)
	require.NoError(t, err, "an hour later the name is free")
}

func TestCloseWaitsForHandlers(t *testing.T) {
	r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
	entered, release := make(chan struct{}), make(chan struct{})
	h := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-release
	}))
	defer h.Close()
	r.mustCreate("a", h.URL, 0)
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Idle(ctx), context.Canceled)
	closed := make(chan error)
	go func() { closed <- r.Close() }()
	close(release)
	require.NoError(t, <-closed)
	require.Equal(t, 1, r.Stats().Succeeded)
}

func BenchmarkFire(b *testing.B) {
	b.ReportAllocs()
	r := newRig(b, tasks.Options{Now: time.Now, Unthrottled: true}, &cloudtaskspb.Queue{})
	h := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer h.Close()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := r.create("", h.URL, 0); err != nil {
				b.Error(err)
			}
		}
	})
	r.idle()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
}
