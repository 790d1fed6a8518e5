package conformance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

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
