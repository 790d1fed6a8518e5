package conformance_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/scheduler"
)

// schedulerCall is what a job's handler saw.
type schedulerCall struct {
	method, body string
	header       http.Header
}

// TestScheduler holds ours against what Cloud Scheduler documents about the
// requests that jobs send. Google has no emulator for it, and ours is no server
// of its API, so there is no second engine; when jobs run is tested in the
// package itself, with a clock.
func TestScheduler(t *testing.T) {
	for name, tc := range map[string]struct {
		job    scheduler.Job
		answer int
		check  func(t *testing.T, got schedulerCall, err error, s scheduler.Status)
	}{
		"a job posts, and says which job it is and when it was due": {
			check: func(t *testing.T, got schedulerCall, err error, s scheduler.Status) {
				require.NoError(t, err)
				require.Equal(t, "POST", got.method)
				require.Equal(t, "true", got.header.Get("X-CloudScheduler"))
				require.Equal(t, "job", got.header.Get("X-CloudScheduler-JobName"))
				_, err = time.Parse(time.RFC3339, got.header.Get("X-CloudScheduler-ScheduleTime"))
				require.NoError(t, err)
				require.Equal(t, "Google-Cloud-Scheduler", got.header.Get("User-Agent"))
			},
		},
		"method, body and headers are the job's": {
			job: scheduler.Job{Method: "PUT", Body: []byte("{}"), Headers: map[string]string{"Content-Type": "application/json", "X-Own": "mine"}},
			check: func(t *testing.T, got schedulerCall, _ error, _ scheduler.Status) {
				require.Equal(t, "PUT {}", got.method+" "+got.body)
				require.Equal(t, "application/json", got.header.Get("Content-Type"))
				require.Equal(t, "mine", got.header.Get("X-Own"))
			},
		},
		"a body without a type is a stream of bytes": {
			job: scheduler.Job{Body: []byte("x")},
			check: func(t *testing.T, got schedulerCall, _ error, _ scheduler.Status) {
				require.Equal(t, "application/octet-stream", got.header.Get("Content-Type"))
			},
		},
		"a job cannot pretend to be another": {
			job: scheduler.Job{Headers: map[string]string{"X-CloudScheduler-JobName": "other", "User-Agent": "other"}},
			check: func(t *testing.T, got schedulerCall, _ error, _ scheduler.Status) {
				require.Equal(t, "job", got.header.Get("X-CloudScheduler-JobName"))
				require.Equal(t, "Google-Cloud-Scheduler", got.header.Get("User-Agent"))
			},
		},
		"any 2xx is success": {
			answer: http.StatusAccepted,
			check: func(t *testing.T, _ schedulerCall, err error, s scheduler.Status) {
				require.NoError(t, err)
				require.Equal(t, http.StatusAccepted, s.LastCode)
			},
		},
		"a redirect is a failure and is not followed": {
			answer: http.StatusFound,
			check: func(t *testing.T, _ schedulerCall, err error, s scheduler.Status) {
				require.Error(t, err)
				require.Equal(t, http.StatusFound, s.LastCode)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var calls []schedulerCall
			h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				calls = append(calls, schedulerCall{method: r.Method, body: string(body), header: r.Header})
				w.Header().Set("Location", "/elsewhere")
				if tc.answer != 0 {
					w.WriteHeader(tc.answer)
				}
			}))
			defer h.Close()
			tc.job.Name, tc.job.URL, tc.job.Cron = "job", h.URL, "0 0 1 1 *"
			srv, err := scheduler.Start(scheduler.Options{Jobs: []scheduler.Job{tc.job}})
			require.NoError(t, err)
			defer srv.Close()
			err = srv.Run(t.Context(), "job")
			require.Len(t, calls, 1)
			tc.check(t, calls[0], err, srv.Jobs()[0])
		})
	}
}
