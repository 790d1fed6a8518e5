package scheduler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/scheduler"
)

// clock is a clock that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// rig is a scheduler with one job, a clock and the handler of the job.
type rig struct {
	*scheduler.Server
	t     *testing.T
	clock *clock

	mu      sync.Mutex
	answers []int
	visits  []http.Header
	hold    chan struct{} // when not nil, every request waits for a value
}

func newRig(t *testing.T, start string, job scheduler.Job, answers ...int) *rig {
	r := &rig{t: t, clock: &clock{now: instant(t, start)}, answers: answers}
	h := httptest.NewServer(r)
	t.Cleanup(h.Close)
	job.Name, job.URL = "sweep", h.URL+"/sweep"
	srv, err := scheduler.Start(scheduler.Options{Jobs: []scheduler.Job{job}, Now: r.clock.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	r.Server = srv
	return r
}

func (r *rig) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	hold := r.hold
	r.visits = append(r.visits, req.Header)
	if len(r.answers) > 0 {
		defer w.WriteHeader(r.answers[0])
		r.answers = r.answers[1:]
	}
	r.mu.Unlock()
	if hold != nil {
		<-hold
	}
}

// starts are the schedule times of the requests so far.
func (r *rig) starts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, h := range r.visits {
		all = append(all, h.Get("X-CloudScheduler-ScheduleTime"))
	}
	return all
}

// at moves the clock and waits until everything due then is over.
func (r *rig) at(s string) {
	r.clock.Set(instant(r.t, s))
	r.idle()
}

func (r *rig) idle() {
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(r.t, r.Idle(ctx))
}

func instant(t *testing.T, s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at
}

func TestAJobRunsAtItsTimes(t *testing.T) {
	r := newRig(t, "2026-11-22T10:00:00Z", scheduler.Job{Cron: "*/5 * * * *", Headers: map[string]string{"X-Own": "mine"}})
	r.at("2026-11-22T10:04:59Z")
	require.Empty(t, r.starts())
	r.at("2026-11-22T10:05:00Z")
	r.at("2026-11-22T10:10:00Z")
	require.Equal(t, []string{"2026-11-22T10:05:00Z", "2026-11-22T10:10:00Z"}, r.starts())

	got := r.visits[0]
	require.Equal(t, "true", got.Get("X-CloudScheduler"))
	require.Equal(t, "sweep", got.Get("X-CloudScheduler-JobName"))
	require.Equal(t, "Google-Cloud-Scheduler", got.Get("User-Agent"))
	require.Equal(t, "mine", got.Get("X-Own"))

	status := r.Jobs()[0]
	require.Equal(t, 2, status.Attempts)
	require.Equal(t, http.StatusOK, status.LastCode)
	require.NoError(t, status.LastErr)
	require.Equal(t, instant(t, "2026-11-22T10:15:00Z"), status.Next.UTC())
	require.Equal(t, instant(t, "2026-11-22T10:10:00Z"), status.Last.UTC())
}

func TestSummerTime(t *testing.T) {
	for name, tc := range map[string]struct {
		cron, zone string
		from       string
		next       []string // starts, in UTC
	}{
		"a zone moves with its summer time": {
			"0 9 * * *", "Europe/Paris", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"},
		},
		"a start in the skipped hour does not happen that day": {
			"30 2 * * *", "Europe/Paris", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"},
		},
		"a start in the repeated hour happens twice": {
			"30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"},
		},
		"every quarter of an hour is even across the change": {
			"*/15 * * * *", "America/New_York", "2026-11-01T05:40:00Z",
			[]string{"2026-11-01T05:45:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:15:00Z"},
		},
		"no zone means UTC": {
			"0 0 * * 1", "", "2026-11-22T10:00:00Z",
			[]string{"2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tc.from, scheduler.Job{Cron: tc.cron, Zone: tc.zone})
			for _, next := range tc.next {
				require.Equal(t, next, r.Jobs()[0].Next.UTC().Format(time.RFC3339))
				r.at(next)
			}
			require.Equal(t, tc.next, r.starts())
		})
	}
}

func TestAJobNeverRunsTwiceAtOnce(t *testing.T) {
	r := newRig(t, "2026-11-22T10:00:30Z", scheduler.Job{Cron: "* * * * *"})
	r.mu.Lock()
	r.hold = make(chan struct{})
	r.mu.Unlock()
	r.clock.Set(instant(t, "2026-11-22T10:01:00Z"))
	require.Eventually(t, func() bool { return len(r.starts()) == 1 }, 10*time.Second, time.Millisecond)
	r.clock.Set(instant(t, "2026-11-22T10:04:30Z"))
	require.ErrorIs(t, r.Run(t.Context(), "sweep"), scheduler.ErrRunning)
	require.True(t, r.Jobs()[0].Running)
	r.hold <- struct{}{}
	require.Eventually(t, func() bool { return len(r.starts()) == 2 }, 10*time.Second, time.Millisecond)
	r.hold <- struct{}{}
	r.idle()
	require.Equal(t, []string{"2026-11-22T10:01:00Z", "2026-11-22T10:02:00Z"}, r.starts(), "one start was delayed, two were dropped")
	require.Equal(t, "2026-11-22T10:05:00Z", r.Jobs()[0].Next.UTC().Format(time.RFC3339))
}

func TestAFailedRunIsRetriedUntilTheNextStart(t *testing.T) {
	retry := scheduler.Retry{Count: 5, MinBackoff: 10 * time.Second, MaxBackoff: time.Minute}
	r := newRig(t, "2026-11-22T10:00:30Z", scheduler.Job{Cron: "* * * * *", Retry: retry}, 500, 500, 503, 500)
	r.at("2026-11-22T10:01:00Z")
	r.at("2026-11-22T10:01:09Z")
	require.Len(t, r.starts(), 1)
	r.at("2026-11-22T10:01:10Z")
	r.at("2026-11-22T10:01:30Z")
	require.Len(t, r.starts(), 3)
	require.Equal(t, 503, r.Jobs()[0].LastCode)
	require.ErrorContains(t, r.Jobs()[0].LastErr, "503")
	r.at("2026-11-22T10:02:00Z")
	require.Equal(t, "2026-11-22T10:02:00Z", r.starts()[3], "the next retry was due after the next start")
}

func TestRunByHand(t *testing.T) {
	r := newRig(t, "2026-11-22T10:00:00Z", scheduler.Job{Cron: "0 0 1 1 *"}, 200, 404)
	require.NoError(t, r.Run(t.Context(), "sweep"))
	require.ErrorContains(t, r.Run(t.Context(), "sweep"), "404")
	require.ErrorIs(t, r.Run(t.Context(), "other"), scheduler.ErrUnknown)
	r.Faults.Add(fault.Rule{Method: "Dispatch", Code: codes.Unavailable, Times: 1})
	require.Error(t, r.Run(t.Context(), "sweep"))
	require.Len(t, r.starts(), 2, "the fault came before the handler")
	require.Equal(t, 3, r.Jobs()[0].Attempts)
}

func TestOIDC(t *testing.T) {
	var got http.Header
	h := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer h.Close()
	job := scheduler.Job{Name: "sweep", Cron: "0 0 1 1 *", URL: h.URL, OIDC: scheduler.OIDC{Email: "a@p"}}
	srv, err := scheduler.Start(scheduler.Options{
		Jobs:  []scheduler.Job{job},
		Token: func(email, audience string) (string, error) { return email + "|" + audience, nil },
	})
	require.NoError(t, err)
	defer srv.Close()
	require.NoError(t, srv.Run(t.Context(), "sweep"))
	require.Equal(t, "Bearer a@p|"+h.URL, got.Get("Authorization"))
}

func TestJobsThatMakeNoSense(t *testing.T) {
	good := scheduler.Job{Name: "sweep", Cron: "* * * * *", URL: "http://127.0.0.1/"}
	for name, tc := range map[string]struct {
		edit func(*scheduler.Job)
		want string
	}{
		"a bad name":           {func(j *scheduler.Job) { j.Name = "a job" }, "name: use 1 to 500"},
		"six fields":           {func(j *scheduler.Job) { j.Cron = "0 * * * * *" }, "use five fields"},
		"minute 61":            {func(j *scheduler.Job) { j.Cron = "61 * * * *" }, `cron "61 * * * *"`},
		"the 31st of February": {func(j *scheduler.Job) { j.Cron = "0 0 31 2 *" }, "no time that ever comes"},
		"an unknown zone":      {func(j *scheduler.Job) { j.Zone = "Mars/Olympus" }, "use an IANA name"},
		"a relative URL":       {func(j *scheduler.Job) { j.URL = "/sweep" }, "absolute http or https"},
		"a deadline too short": {func(j *scheduler.Job) { j.Deadline = time.Second }, "use 15s to 30m"},
		"six retries":          {func(j *scheduler.Job) { j.Retry.Count = 6 }, "use 0 to 5"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			tc.edit(&bad)
			_, err := scheduler.Start(scheduler.Options{Jobs: []scheduler.Job{bad}})
			require.ErrorContains(t, err, tc.want)
		})
	}
	t.Run("all faults are reported together", func(t *testing.T) {
		bad := good
		bad.Name, bad.Zone = "other", "Mars/Olympus"
		_, err := scheduler.Start(scheduler.Options{Jobs: []scheduler.Job{good, good, bad}})
		require.ErrorContains(t, err, "used twice")
		require.ErrorContains(t, err, "IANA")
	})
}
