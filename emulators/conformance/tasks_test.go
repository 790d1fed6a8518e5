package conformance_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/tasks"
)

// tasksEngine is one implementation of Cloud Tasks under test.
type tasksEngine struct {
	client *cloudtasks.Client
	parent string // projects/…/locations/…
	local  bool   // it can reach a handler on this machine
}

// tasksCase is one promise of Cloud Tasks.
type tasksCase struct {
	name    string
	handler bool   // needs an engine that can reach this machine
	differs string // how and why Google's answer is another one
	run     func(*testing.T, tasksEngine)
}

func TestTasks(t *testing.T) {
	for name, start := range map[string]func(*testing.T) tasksEngine{"ours": tasksOurs, "google": tasksGoogle} {
		t.Run(name, func(t *testing.T) {
			engine := start(t)
			for _, c := range tasksCases() {
				t.Run(c.name, func(t *testing.T) {
					if c.handler && !engine.local {
						t.Skip("the engine cannot reach a handler on this machine")
					}
					if name == "google" && c.differs != "" {
						t.Skip("differs on purpose: " + c.differs)
					}
					t.Parallel()
					c.run(t, engine)
				})
			}
		})
	}
}

func tasksOurs(t *testing.T) tasksEngine {
	srv, err := tasks.Start(tasks.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return tasksEngine{client: tasksDial(t, srv.Addr()), parent: "projects/conformance/locations/us-central1", local: true}
}

// tasksGoogle uses the endpoint in LASTMILE_CONFORMANCE_TASKS (host:port, no
// TLS), with its queues under LASTMILE_CONFORMANCE_TASKS_PARENT.
func tasksGoogle(t *testing.T) tasksEngine {
	addr := os.Getenv("LASTMILE_CONFORMANCE_TASKS")
	if addr == "" {
		t.Skip("Google has no Cloud Tasks emulator; set LASTMILE_CONFORMANCE_TASKS=host:port to test another server")
	}
	parent := os.Getenv("LASTMILE_CONFORMANCE_TASKS_PARENT")
	if parent == "" {
		parent = "projects/conformance/locations/us-central1"
	}
	host, _, err := net.SplitHostPort(addr)
	require.NoError(t, err, "LASTMILE_CONFORMANCE_TASKS")
	return tasksEngine{client: tasksDial(t, addr), parent: parent, local: net.ParseIP(host).IsLoopback() || host == "localhost"}
}

func tasksDial(t *testing.T, addr string) *cloudtasks.Client {
	client, err := cloudtasks.NewClient(context.Background(), option.WithEndpoint(addr), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

var tasksSerial atomic.Int64

// queue creates a queue that belongs to the test alone and returns its name.
func (e tasksEngine) queue(t *testing.T, q *cloudtaskspb.Queue) string {
	q.Name = fmt.Sprintf("%s/queues/c%d-%d", e.parent, time.Now().UnixNano(), tasksSerial.Add(1))
	got, err := e.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: e.parent, Queue: q})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = e.client.DeleteQueue(context.Background(), &cloudtaskspb.DeleteQueueRequest{Name: q.Name})
	})
	return got.GetName()
}

func (e tasksEngine) create(t *testing.T, queue string, task *cloudtaskspb.Task) (*cloudtaskspb.Task, error) {
	return e.client.CreateTask(t.Context(), &cloudtaskspb.CreateTaskRequest{Parent: queue, Task: task})
}

// tasksTo is a task that calls url after wait.
func tasksTo(url string, wait time.Duration) *cloudtaskspb.Task {
	return &cloudtaskspb.Task{
		MessageType:  &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{Url: url}},
		ScheduleTime: timestamppb.New(time.Now().Add(wait)),
	}
}

func tasksNamed(queue, id, url string, wait time.Duration) *cloudtaskspb.Task {
	task := tasksTo(url, wait)
	task.Name = queue + "/tasks/" + id
	return task
}

// tasksRefused checks the code and the message of a refusal.
func tasksRefused(t *testing.T, err error, code codes.Code, message string) {
	t.Helper()
	require.Equal(t, code, status.Code(err), "%v", err)
	require.Equal(t, message, status.Convert(err).Message())
}

// tasksReceiver is a handler that passes on each request and answers as told.
type tasksReceiver struct {
	url   string
	calls chan *http.Request
}

func tasksReceive(t *testing.T, answers ...int) tasksReceiver {
	var n atomic.Int64
	calls := make(chan *http.Request, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i := int(n.Add(1)) - 1; i < len(answers) {
			w.WriteHeader(answers[i])
		}
		calls <- r
	}))
	t.Cleanup(srv.Close)
	return tasksReceiver{url: srv.URL, calls: calls}
}

func (r tasksReceiver) next(t *testing.T) *http.Request {
	t.Helper()
	select {
	case call := <-r.calls:
		return call
	case <-time.After(20 * time.Second):
		require.FailNow(t, "no request came")
		return nil
	}
}

const tasksNowhere = "http://127.0.0.1:9/"

func tasksCases() []tasksCase {
	return append(tasksQueueCases(), append(tasksTaskCases(), tasksDispatchCases()...)...)
}
