package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

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
