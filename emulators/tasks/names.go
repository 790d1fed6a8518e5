package tasks

import (
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The messages are those of the real service.
const (
	queueMissing = "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize."
	queueTooSoon = "The queue cannot be created because a queue with this name existed too recently."
	taskMissing  = "Requested entity was not found."
	taskPast     = "The task no longer exists, though a task with this name existed recently. The task either successfully completed or was deleted."
	taskExists   = "Requested entity already exists"
	taskTooSoon  = "The task cannot be created because a task with this name existed too recently. For more information about task de-duplication see https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create#body.request_body.FIELDS.task."
	queueForm    = `Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>".`
	taskForm     = `Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>/tasks/<TASK_ID>"`
	reference    = "https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues"
)

var (
	queueName = regexp.MustCompile(`^projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+/queues/[A-Za-z0-9-]{1,100}$`)
	location  = regexp.MustCompile(`^projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+$`)
	taskID    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,500}$`)
)

func checkQueueName(name string) error {
	if !queueName.MatchString(name) {
		return refused(queueForm, "Definition of queue name", reference+"#Queue.FIELDS.name")
	}
	return nil
}

func checkLocation(parent string) error {
	if !location.MatchString(parent) {
		return status.Error(codes.InvalidArgument, "Invalid resource field value in the request.")
	}
	return nil
}

// splitTaskName returns the queue and the id of a task's name.
func splitTaskName(name string) (queue, id string, err error) {
	queue, id, ok := strings.Cut(name, "/tasks/")
	if !ok || !queueName.MatchString(queue) {
		return "", "", status.Error(codes.InvalidArgument, taskForm)
	}
	if !taskID.MatchString(id) {
		return "", "", refused(`Task ID "`+id+`" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or underscores (_). Task ID must between 1 and 500 characters.`,
			"Definition of task ID", reference+".tasks#Task.FIELDS.name")
	}
	return queue, id, nil
}

// refused is an INVALID_ARGUMENT with the link to the documentation that
// Google attaches to it.
func refused(message, what, where string) error {
	plain := status.New(codes.InvalidArgument, message)
	helpful, err := plain.WithDetails(&errdetails.Help{Links: []*errdetails.Help_Link{{Description: what, Url: where}}})
	if err != nil {
		return plain.Err()
	}
	return helpful.Err()
}
