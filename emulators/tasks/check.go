package tasks

import (
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	horizon         = 720 * time.Hour
	maxTask         = 100 << 10 // bytes, as CreateTask documents
	maxURL          = 2083
	defaultDeadline = 10 * time.Minute
	minDeadline     = 15 * time.Second
	maxDeadline     = 30 * time.Minute
)

// checkTask refuses tasks that Google refuses.
func checkTask(t *cloudtaskspb.Task, now time.Time) error {
	if t.GetAppEngineHttpRequest() != nil {
		return status.Error(codes.Unimplemented, "Task.appEngineHttpRequest is not emulated; use Task.httpRequest.")
	}
	if proto.Size(t) > maxTask {
		return status.Error(codes.InvalidArgument, "Task size too large")
	}
	if at := t.GetScheduleTime(); at != nil && at.AsTime().Sub(now) > horizon {
		return status.Errorf(codes.InvalidArgument,
			"The Task.scheduleTime, %s, is too far in the future. Schedule time must be no more than 720h in the future.",
			at.AsTime().In(pacific()).Format(time.RFC3339))
	}
	if d := t.GetDispatchDeadline(); d != nil && (d.AsDuration() < minDeadline || d.AsDuration() > maxDeadline) {
		return status.Error(codes.InvalidArgument, "Task.dispatchDeadline must be between [15s, 30m].")
	}
	if err := checkRetry(t.GetRetryConfig()); err != nil {
		return err
	}
	return checkRequest(t.GetHttpRequest())
}

func checkRequest(r *cloudtaskspb.HttpRequest) error {
	url := r.GetUrl()
	switch {
	case url == "":
		return status.Error(codes.InvalidArgument, "HttpRequest.url is required.")
	case !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://"):
		return status.Error(codes.InvalidArgument, "HttpTarget.url must start with 'http://' or 'https://'.")
	case len(url) > maxURL:
		return status.Error(codes.InvalidArgument, "HttpRequest.url must be at most 2083 characters long.")
	case len(r.GetBody()) > 0 && !mayHaveBody(r.GetHttpMethod()):
		return status.Errorf(codes.InvalidArgument, "HttpRequest.body is not allowed with method %s; use POST, PUT or PATCH.", r.GetHttpMethod())
	}
	return nil
}

func mayHaveBody(m cloudtaskspb.HttpMethod) bool {
	switch m {
	case cloudtaskspb.HttpMethod_HTTP_METHOD_UNSPECIFIED, cloudtaskspb.HttpMethod_POST, cloudtaskspb.HttpMethod_PUT, cloudtaskspb.HttpMethod_PATCH:
		return true
	}
	return false
}

// accepted returns the task that Google would make of a checked one.
func accepted(t *cloudtaskspb.Task, name string, now time.Time) *cloudtaskspb.Task {
	full := &cloudtaskspb.Task{
		Name:             name,
		MessageType:      &cloudtaskspb.Task_HttpRequest{HttpRequest: proto.CloneOf(t.GetHttpRequest())},
		CreateTime:       timestamppb.New(now.Truncate(time.Second)),
		ScheduleTime:     timestamppb.New(now.Truncate(time.Microsecond)),
		DispatchDeadline: durationpb.New(defaultDeadline),
	}
	if at := t.GetScheduleTime(); at != nil && at.AsTime().After(now) {
		full.ScheduleTime = timestamppb.New(at.AsTime().Truncate(time.Microsecond))
	}
	if d := t.GetDispatchDeadline(); d != nil {
		full.DispatchDeadline = durationpb.New(d.AsDuration().Truncate(time.Millisecond))
	}
	if t.GetRetryConfig() != nil {
		full.RetryConfig = fillRetry(t.GetRetryConfig())
	}
	if req := full.GetHttpRequest(); req.GetHttpMethod() == cloudtaskspb.HttpMethod_HTTP_METHOD_UNSPECIFIED {
		req.HttpMethod = cloudtaskspb.HttpMethod_POST
	}
	return full
}

// shown is a copy of t for a caller: the basic view hides the body.
func shown(t *cloudtaskspb.Task, view cloudtaskspb.Task_View) *cloudtaskspb.Task {
	c := proto.CloneOf(t)
	c.View = cloudtaskspb.Task_FULL
	if view != cloudtaskspb.Task_FULL {
		c.View = cloudtaskspb.Task_BASIC
		c.GetHttpRequest().Body = nil
	}
	return c
}

// pacific is the zone in which Google writes times into messages.
func pacific() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return time.UTC
	}
	return zone
}
