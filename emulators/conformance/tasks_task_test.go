package conformance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

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
