package timer_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/emulators/tasks"
	"lastmile/shared/logs"
	"lastmile/shared/timer"
)

// target takes the calls of timers.
type target struct {
	mu    sync.Mutex
	calls []timer.Call
	trace []string
}

func (x *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := timer.DecodeCall(r, "jobfinish")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls = append(x.calls, c)
	x.trace = append(x.trace, logs.From(c.In(r.Context())).Trace)
}

func open(t *testing.T) (*timer.Queue, *tasks.Server, *target) {
	t.Helper()
	server, err := tasks.Start(tasks.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	x := &target{}
	web := httptest.NewServer(x)
	t.Cleanup(web.Close)

	client, err := cloudtasks.NewClient(t.Context(), option.WithEndpoint(server.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	defer client.Close()
	_, err = client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{
		Parent: "projects/p/locations/l", Queue: &cloudtaskspb.Queue{Name: "projects/p/locations/l/queues/jobfinish"},
	})
	require.NoError(t, err)
	q, err := timer.Open(t.Context(), timer.Options{Project: "p", Region: "l", EmulatorHost: server.Addr(), URL: func(string) string { return web.URL }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	return q, server, x
}

func TestTimersFireOnce(t *testing.T) {
	q, server, x := open(t)
	ctx := logs.With(t.Context(), logs.Fields{Request: "r1"})
	due := timer.Timer{Function: "jobfinish", Entity: "job:1", Kind: "finish", Gen: 1, Due: time.Now().Add(-time.Second)}
	later := due
	later.Gen, later.Due = 2, time.Now().Add(time.Hour)

	require.NoError(t, q.Schedule(ctx, due))
	require.NoError(t, q.Schedule(ctx, due), "again is harmless")
	require.NoError(t, q.Schedule(ctx, later))
	require.NoError(t, server.Idle(ctx))
	require.NoError(t, q.Schedule(ctx, due), "so is again after it ran")
	require.NoError(t, server.Idle(ctx))

	require.Len(t, x.calls, 1)
	got := x.calls[0]
	require.True(t, got.Due.Equal(due.Due))
	got.Due = due.Due
	require.Equal(t, due, got.Timer)
	require.Equal(t, "r1", got.Context["request"])
	require.Equal(t, got.Context["traceparent"][3:35], x.trace[0], "the trace goes on")

	require.Len(t, server.Pending(), 1)
	require.NoError(t, q.Cancel(ctx, later))
	require.NoError(t, q.Cancel(ctx, later), "again is harmless")
	require.Empty(t, server.Pending())
}

func TestTimersBeyondTheHorizonHop(t *testing.T) {
	q, server, _ := open(t)
	far := timer.Timer{Function: "jobfinish", Entity: "campaign:1", Kind: "end", Due: time.Now().Add(100 * 24 * time.Hour)}
	require.NoError(t, q.Schedule(t.Context(), far))
	pending := server.Pending()
	require.Len(t, pending, 1)
	require.Less(t, time.Until(pending[0].Schedule), 30*24*time.Hour)

	call := timer.Call{Timer: far}
	require.True(t, call.OnTheWay(time.Now()))
	require.False(t, call.OnTheWay(far.Due))
	require.NoError(t, q.Continue(t.Context(), call))
	require.Len(t, server.Pending(), 2, "the next hop has a name of its own")
}

func TestDecodeCallRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":        "x",
		"no entity":      `{"kind":"k","due":"2026-01-01T00:00:00Z"}`,
		"no kind":        `{"entity":"e","due":"2026-01-01T00:00:00Z"}`,
		"no due":         `{"entity":"e","kind":"k"}`,
		"a body too big": `{"entity":"` + strings.Repeat("x", 65<<10) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := timer.DecodeCall(httptest.NewRequest(http.MethodPost, "/timer", strings.NewReader(body)), "f")
			require.ErrorIs(t, err, timer.ErrMalformed)
		})
	}
}

// Whatever is sent to /timer is a call that is whole, or an error.
func FuzzDecodeCall(f *testing.F) {
	f.Add([]byte(`{"entity":"order:1","kind":"offer","gen":2,"due":"2026-11-22T12:00:00Z","context":{"traceparent":"x"}}`))
	f.Add([]byte(`{"entity":"a","kind":"b","due":"9999-12-31T23:59:60+24:00"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := timer.DecodeCall(httptest.NewRequest(http.MethodPost, "/timer", bytes.NewReader(body)), "probe")
		if err != nil {
			require.ErrorIs(t, err, timer.ErrMalformed)
			return
		}
		require.NotEmpty(t, c.Entity)
		require.NotEmpty(t, c.Kind)
		require.False(t, c.Due.IsZero())
		require.Equal(t, "probe", c.Function, "whatever the body says")
		_ = c.In(t.Context())
	})
}
