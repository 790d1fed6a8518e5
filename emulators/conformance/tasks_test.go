package conformance_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
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

func tasksQueueCases() []tasksCase {
	return []tasksCase{
		{name: "a new queue is running and has the documented defaults", run: func(t *testing.T, e tasksEngine) {
			got, err := e.client.GetQueue(t.Context(), &cloudtaskspb.GetQueueRequest{Name: e.queue(t, &cloudtaskspb.Queue{})})
			require.NoError(t, err)
			require.Equal(t, cloudtaskspb.Queue_RUNNING, got.GetState())
			require.EqualValues(t, 500, got.GetRateLimits().GetMaxDispatchesPerSecond())
			require.EqualValues(t, 1000, got.GetRateLimits().GetMaxConcurrentDispatches())
			require.EqualValues(t, 100, got.GetRetryConfig().GetMaxAttempts())
			require.EqualValues(t, 16, got.GetRetryConfig().GetMaxDoublings())
			require.Equal(t, 100*time.Millisecond, got.GetRetryConfig().GetMinBackoff().AsDuration())
			require.Equal(t, time.Hour, got.GetRetryConfig().GetMaxBackoff().AsDuration())
		}},
		{name: "a queue is created once", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			_, err := e.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: e.parent, Queue: &cloudtaskspb.Queue{Name: q}})
			tasksRefused(t, err, codes.AlreadyExists, "Queue already exists")
		}},
		{name: "the name of a deleted queue stays reserved", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			require.NoError(t, e.client.DeleteQueue(t.Context(), &cloudtaskspb.DeleteQueueRequest{Name: q}))
			_, err := e.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: e.parent, Queue: &cloudtaskspb.Queue{Name: q}})
			tasksRefused(t, err, codes.FailedPrecondition, "The queue cannot be created because a queue with this name existed too recently.")
		}},
		{name: "settings out of range are refused by name", run: func(t *testing.T, e tasksEngine) {
			for message, q := range map[string]*cloudtaskspb.Queue{
				"RateLimits.maxDispatchesPerSecond must be less than or equal to 500.":                             {RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 501}},
				"RateLimits.maxDispatchesPerSecond cannot be negative.":                                            {RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: -1}},
				"RateLimits.maxConcurrentDispatches must be less than or equal to 5000.":                           {RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 5001}},
				"RetryConfig.maxAttempts must be greater or equal to -1.":                                          {RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: -2}},
				"RetryConfig.maxDoublings cannot be negative.":                                                     {RetryConfig: &cloudtaskspb.RetryConfig{MaxDoublings: -1}},
				"RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.":                     {RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: durationpb.New(2 * time.Second), MaxBackoff: durationpb.New(time.Second)}},
				"projects/other/locations/us-central1/queues/q must begin with " + e.parent + ".":                  {Name: "projects/other/locations/us-central1/queues/q"},
				`Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>".`: {Name: e.parent + "/queues/not a name"},
			} {
				if q.Name == "" {
					q.Name = e.parent + "/queues/refused"
				}
				_, err := e.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: e.parent, Queue: q})
				tasksRefused(t, err, codes.InvalidArgument, message)
			}
		}},
		{name: "a queue that is not there is not found", run: func(t *testing.T, e tasksEngine) {
			const missing = "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize."
			name := e.parent + "/queues/missing"
			_, err := e.client.GetQueue(t.Context(), &cloudtaskspb.GetQueueRequest{Name: name})
			tasksRefused(t, err, codes.NotFound, missing)
			_, err = e.client.PauseQueue(t.Context(), &cloudtaskspb.PauseQueueRequest{Name: name})
			tasksRefused(t, err, codes.NotFound, missing)
			_, err = e.create(t, name, tasksTo(tasksNowhere, 0))
			tasksRefused(t, err, codes.NotFound, missing)
			err = e.client.DeleteQueue(t.Context(), &cloudtaskspb.DeleteQueueRequest{Name: name})
			tasksRefused(t, err, codes.NotFound, "Requested entity was not found.")
		}},
		{name: "an update changes what its mask names and nothing else", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: 7}})
			got, err := e.client.UpdateQueue(t.Context(), &cloudtaskspb.UpdateQueueRequest{
				Queue: &cloudtaskspb.Queue{
					Name:        q,
					RateLimits:  &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 50, MaxConcurrentDispatches: 3},
					RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: 9},
				},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"rate_limits.max_dispatches_per_second"}},
			})
			require.NoError(t, err)
			require.EqualValues(t, 50, got.GetRateLimits().GetMaxDispatchesPerSecond())
			require.EqualValues(t, 1000, got.GetRateLimits().GetMaxConcurrentDispatches())
			require.EqualValues(t, 7, got.GetRetryConfig().GetMaxAttempts())
		}},
		{name: "an update creates a queue that is not there", run: func(t *testing.T, e tasksEngine) {
			name := fmt.Sprintf("%s/queues/u%d", e.parent, time.Now().UnixNano())
			_, err := e.client.UpdateQueue(t.Context(), &cloudtaskspb.UpdateQueueRequest{Queue: &cloudtaskspb.Queue{Name: name}})
			require.NoError(t, err)
			require.NoError(t, e.client.DeleteQueue(t.Context(), &cloudtaskspb.DeleteQueueRequest{Name: name}))
		}},
		{name: "queues are listed in order and by pages", run: func(t *testing.T, e tasksEngine) {
			want := []string{e.queue(t, &cloudtaskspb.Queue{}), e.queue(t, &cloudtaskspb.Queue{}), e.queue(t, &cloudtaskspb.Queue{})}
			var got []string
			it := e.client.ListQueues(t.Context(), &cloudtaskspb.ListQueuesRequest{Parent: e.parent, PageSize: 2})
			for q, err := it.Next(); err != iterator.Done; q, err = it.Next() {
				require.NoError(t, err)
				got = append(got, q.GetName())
			}
			require.IsIncreasing(t, got)
			require.Subset(t, got, want)
		}},
		{name: "a purge deletes every task", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			for range 3 {
				_, err := e.create(t, q, tasksTo(tasksNowhere, time.Hour))
				require.NoError(t, err)
			}
			got, err := e.client.PurgeQueue(t.Context(), &cloudtaskspb.PurgeQueueRequest{Name: q})
			require.NoError(t, err)
			require.NotNil(t, got.GetPurgeTime())
			_, err = e.client.ListTasks(t.Context(), &cloudtaskspb.ListTasksRequest{Parent: q}).Next()
			require.Equal(t, iterator.Done, err)
		}},
	}
}

func tasksTaskCases() []tasksCase {
	return []tasksCase{
		{name: "a task without a name gets one, and the default deadline", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			task, err := e.create(t, q, tasksTo(tasksNowhere, time.Hour))
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(task.GetName(), q+"/tasks/"))
			require.Equal(t, 10*time.Minute, task.GetDispatchDeadline().AsDuration())
			require.Equal(t, cloudtaskspb.HttpMethod_POST, task.GetHttpRequest().GetHttpMethod())
			require.Zero(t, task.GetDispatchCount())
		}},
		{name: "the basic view hides the body, the full one shows it", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			task := tasksTo(tasksNowhere, time.Hour)
			task.GetHttpRequest().Body = []byte("secret")
			created, err := e.create(t, q, task)
			require.NoError(t, err)
			require.Empty(t, created.GetHttpRequest().GetBody())
			require.Equal(t, cloudtaskspb.Task_BASIC, created.GetView())
			full, err := e.client.GetTask(t.Context(), &cloudtaskspb.GetTaskRequest{Name: created.GetName(), ResponseView: cloudtaskspb.Task_FULL})
			require.NoError(t, err)
			require.Equal(t, "secret", string(full.GetHttpRequest().GetBody()))
		}},
		{name: "a name is used once", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			_, err := e.create(t, q, tasksNamed(q, "a", tasksNowhere, time.Hour))
			require.NoError(t, err)
			_, err = e.create(t, q, tasksNamed(q, "a", tasksNowhere, time.Hour))
			tasksRefused(t, err, codes.AlreadyExists, "Requested entity already exists")
		}},
		{name: "the name of a deleted task stays reserved", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			_, err := e.create(t, q, tasksNamed(q, "a", tasksNowhere, time.Hour))
			require.NoError(t, err)
			require.NoError(t, e.client.DeleteTask(t.Context(), &cloudtaskspb.DeleteTaskRequest{Name: q + "/tasks/a"}))
			_, err = e.create(t, q, tasksNamed(q, "a", tasksNowhere, time.Hour))
			require.Equal(t, codes.AlreadyExists, status.Code(err))
			_, err = e.client.GetTask(t.Context(), &cloudtaskspb.GetTaskRequest{Name: q + "/tasks/a"})
			tasksRefused(t, err, codes.NotFound, "The task no longer exists, though a task with this name existed recently. The task either successfully completed or was deleted.")
		}},
		{name: "a task that never was is not found", run: func(t *testing.T, e tasksEngine) {
			name := e.queue(t, &cloudtaskspb.Queue{}) + "/tasks/never"
			_, err := e.client.GetTask(t.Context(), &cloudtaskspb.GetTaskRequest{Name: name})
			tasksRefused(t, err, codes.NotFound, "Requested entity was not found.")
			_, err = e.client.RunTask(t.Context(), &cloudtaskspb.RunTaskRequest{Name: name})
			tasksRefused(t, err, codes.NotFound, "Requested entity was not found.")
			err = e.client.DeleteTask(t.Context(), &cloudtaskspb.DeleteTaskRequest{Name: name})
			tasksRefused(t, err, codes.NotFound, "Requested entity was not found.")
		}},
		{name: "a task cannot be put further off than 30 days", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			_, err := e.create(t, q, tasksTo(tasksNowhere, 719*time.Hour))
			require.NoError(t, err)
			_, err = e.create(t, q, tasksTo(tasksNowhere, 721*time.Hour))
			require.Equal(t, codes.InvalidArgument, status.Code(err))
			require.Contains(t, err.Error(), "is too far in the future. Schedule time must be no more than 720h in the future.")
		}},
		{name: "a time in the past means now", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			_, err := e.client.PauseQueue(t.Context(), &cloudtaskspb.PauseQueueRequest{Name: q})
			require.NoError(t, err)
			task, err := e.create(t, q, tasksTo(tasksNowhere, -time.Hour))
			require.NoError(t, err)
			require.WithinDuration(t, time.Now(), task.GetScheduleTime().AsTime(), time.Minute)
		}},
		{name: "a bad task is refused with what is wrong", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			long := tasksTo(tasksNowhere, 0)
			long.DispatchDeadline = durationpb.New(31 * time.Minute)
			large := tasksTo(tasksNowhere, 0)
			large.GetHttpRequest().Body = make([]byte, 2<<20)
			for message, task := range map[string]*cloudtaskspb.Task{
				"HttpRequest.url is required.":                            tasksTo("", 0),
				"HttpTarget.url must start with 'http://' or 'https://'.": tasksTo("ftp://example.com", 0),
				"Task.dispatchDeadline must be between [15s, 30m].":       long,
				"Task size too large":                                     large,
				`Task ID "not a valid id" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or underscores (_). Task ID must between 1 and 500 characters.`: tasksNamed(q, "not a valid id", tasksNowhere, 0),
				fmt.Sprintf("The queue name from request ('%s') must be the same as the queue name in the named task ('%s-other').", q, q):                                   tasksNamed(q+"-other", "a", tasksNowhere, 0),
			} {
				_, err := e.create(t, q, task)
				tasksRefused(t, err, codes.InvalidArgument, message)
			}
		}},
		{name: "tasks are listed by pages", run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{})
			want := map[string]bool{}
			for range 5 {
				task, err := e.create(t, q, tasksTo(tasksNowhere, time.Hour))
				require.NoError(t, err)
				want[task.GetName()] = true
			}
			got := map[string]bool{}
			it := e.client.ListTasks(t.Context(), &cloudtaskspb.ListTasksRequest{Parent: q, PageSize: 2})
			for task, err := it.Next(); err != iterator.Done; task, err = it.Next() {
				require.NoError(t, err)
				got[task.GetName()] = true
			}
			require.Equal(t, want, got)
		}},
	}
}

func tasksDispatchCases() []tasksCase {
	return []tasksCase{
		{name: "a due task arrives as it was made, with the headers of Cloud Tasks", handler: true, run: func(t *testing.T, e tasksEngine) {
			q, r := e.queue(t, &cloudtaskspb.Queue{}), tasksReceive(t)
			task := tasksNamed(q, "a", r.url+"/path?x=1", 0)
			task.GetHttpRequest().Headers = map[string]string{"X-Own": "mine", "User-Agent": "replaced", "X-CloudTasks-TaskName": "replaced"}
			_, err := e.create(t, q, task)
			require.NoError(t, err)
			got := r.next(t)
			require.Equal(t, "POST /path?x=1", got.Method+" "+got.URL.RequestURI())
			require.Equal(t, "mine", got.Header.Get("X-Own"))
			require.Equal(t, "Google-Cloud-Tasks", got.Header.Get("User-Agent"))
			require.Equal(t, q[strings.LastIndex(q, "/")+1:], got.Header.Get("X-CloudTasks-QueueName"))
			require.Equal(t, "a", got.Header.Get("X-CloudTasks-TaskName"))
			require.Equal(t, "0", got.Header.Get("X-CloudTasks-TaskRetryCount"))
			require.Equal(t, "0", got.Header.Get("X-CloudTasks-TaskExecutionCount"))
			require.Regexp(t, `^\d{10}\.\d+$`, got.Header.Get("X-CloudTasks-TaskETA"))
		}},
		{name: "anything but 2xx is retried, and 5xx is no execution", handler: true, run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: durationpb.New(10 * time.Millisecond), MaxBackoff: durationpb.New(10 * time.Millisecond)}})
			r := tasksReceive(t, 503, 404, 302, 204)
			_, err := e.create(t, q, tasksTo(r.url, 0))
			require.NoError(t, err)
			for n, want := range []struct{ executions, previous string }{{"0", ""}, {"0", "503"}, {"1", "404"}, {"2", "302"}} {
				got := r.next(t)
				require.Equal(t, fmt.Sprint(n), got.Header.Get("X-CloudTasks-TaskRetryCount"))
				require.Equal(t, want.executions, got.Header.Get("X-CloudTasks-TaskExecutionCount"))
				require.Equal(t, want.previous, got.Header.Get("X-CloudTasks-TaskPreviousResponse"))
			}
		}},
		{name: "a task says how its last attempt ended", handler: true, run: func(t *testing.T, e tasksEngine) {
			q := e.queue(t, &cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: durationpb.New(time.Hour)}})
			r := tasksReceive(t, 503)
			task, err := e.create(t, q, tasksTo(r.url, 0))
			require.NoError(t, err)
			r.next(t)
			require.Eventually(t, func() bool {
				task, err = e.client.GetTask(t.Context(), &cloudtaskspb.GetTaskRequest{Name: task.GetName()})
				return err == nil && task.GetResponseCount() == 1
			}, 20*time.Second, 5*time.Millisecond)
			require.EqualValues(t, 1, task.GetDispatchCount())
			require.EqualValues(t, codes.Unavailable, task.GetLastAttempt().GetResponseStatus().GetCode())
			require.Equal(t, "UNAVAILABLE(14): HTTP status code 503", task.GetLastAttempt().GetResponseStatus().GetMessage())
			require.NotNil(t, task.GetFirstAttempt().GetDispatchTime())
		}},
		{name: "a paused queue keeps its tasks until it is resumed", handler: true, run: func(t *testing.T, e tasksEngine) {
			q, r := e.queue(t, &cloudtaskspb.Queue{}), tasksReceive(t)
			paused, err := e.client.PauseQueue(t.Context(), &cloudtaskspb.PauseQueueRequest{Name: q})
			require.NoError(t, err)
			require.Equal(t, cloudtaskspb.Queue_PAUSED, paused.GetState())
			task, err := e.create(t, q, tasksTo(r.url, 0))
			require.NoError(t, err)
			task, err = e.client.GetTask(t.Context(), &cloudtaskspb.GetTaskRequest{Name: task.GetName()})
			require.NoError(t, err)
			require.Zero(t, task.GetDispatchCount())
			_, err = e.client.ResumeQueue(t.Context(), &cloudtaskspb.ResumeQueueRequest{Name: q})
			require.NoError(t, err)
			r.next(t)
		}},
		{name: "a task can be run before its time, even in a paused queue", handler: true, run: func(t *testing.T, e tasksEngine) {
			q, r := e.queue(t, &cloudtaskspb.Queue{}), tasksReceive(t)
			_, err := e.client.PauseQueue(t.Context(), &cloudtaskspb.PauseQueueRequest{Name: q})
			require.NoError(t, err)
			task, err := e.create(t, q, tasksTo(r.url, time.Hour))
			require.NoError(t, err)
			_, err = e.client.RunTask(t.Context(), &cloudtaskspb.RunTaskRequest{Name: task.GetName()})
			require.NoError(t, err)
			r.next(t)
			require.Eventually(t, func() bool {
				_, err := e.client.GetTask(t.Context(), &cloudtaskspb.GetTaskRequest{Name: task.GetName()})
				return status.Code(err) == codes.NotFound
			}, 20*time.Second, 5*time.Millisecond)
		}},
	}
}
