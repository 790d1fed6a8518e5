package tasks_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/tasks"
)

const (
	parent = "projects/p/locations/l"
	queue  = parent + "/queues/q"
)

// clock is a clock that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// visit is one request that reached the handler.
type visit struct {
	path   string
	body   string
	header http.Header
	at     time.Time
}

// handler answers every request with the next of answers, then with 200.
type handler struct {
	*httptest.Server
	now func() time.Time

	mu      sync.Mutex
	answers []int
	visits  []visit
}

func newHandler(t testing.TB, now func() time.Time, answers ...int) *handler {
	h := &handler{answers: answers, now: now}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Server.Close)
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.visits = append(h.visits, visit{path: r.URL.Path, body: string(body), header: r.Header, at: h.now()})
	if len(h.answers) > 0 {
		w.WriteHeader(h.answers[0])
		h.answers = h.answers[1:]
	}
}

func (h *handler) seen() []visit {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]visit(nil), h.visits...)
}

func (h *handler) paths() []string {
	var paths []string
	for _, v := range h.seen() {
		paths = append(paths, v.path)
	}
	return paths
}

// rig is a server with a client, a clock and a queue.
type rig struct {
	*tasks.Server
	t      testing.TB
	client *cloudtasks.Client
	clock  *clock
}

func newRig(t testing.TB, o tasks.Options, q *cloudtaskspb.Queue) *rig {
	c := newClock()
	if o.Now == nil {
		o.Now = c.Now
	}
	srv, err := tasks.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	r := &rig{Server: srv, t: t, clock: c, client: dial(t, srv.Addr())}
	if q != nil {
		q.Name = queue
		_, err = r.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: parent, Queue: q})
		require.NoError(t, err)
	}
	return r
}

func dial(t testing.TB, addr string) *cloudtasks.Client {
	client, err := cloudtasks.NewClient(t.Context(), option.WithEndpoint(addr), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// create adds a task for url that is due after wait; no id leaves the name to the server.
func (r *rig) create(id, url string, wait time.Duration) (*cloudtaskspb.Task, error) {
	task := &cloudtaskspb.Task{
		MessageType:  &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{Url: url}},
		ScheduleTime: timestamppb.New(r.clock.Now().Add(wait)),
	}
	if id != "" {
		task.Name = queue + "/tasks/" + id
	}
	return r.client.CreateTask(r.t.Context(), &cloudtaskspb.CreateTaskRequest{Parent: queue, Task: task})
}

func (r *rig) mustCreate(id, url string, wait time.Duration) *cloudtaskspb.Task {
	task, err := r.create(id, url, wait)
	require.NoError(r.t, err)
	return task
}

// advance moves the clock and waits until everything due then is over.
func (r *rig) advance(d time.Duration) {
	r.clock.Advance(d)
	r.idle()
}

func (r *rig) idle() {
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(r.t, r.Idle(ctx))
}
