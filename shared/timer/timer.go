// Package timer calls functions at given times, by Cloud Tasks.
//
// A timer is named by what it is about: entity, kind and generation. Scheduling
// the same timer again is harmless, and a newer generation does not disturb an
// older one: the function that is called compares the generation with the
// entity's and ignores a stale call. Calls come at least once, at or after the
// time that was asked for.
package timer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/shared/logs"
)

// Timer is a call to a function at a time.
type Timer struct {
	// Function is whom to call; it has a queue of that name.
	Function string `json:"-"`

	// Entity, Kind and Gen name the timer: what it is about ("job:01j9"), what is
	// due ("finish"), and which generation of the entity's schedule asked for it.
	Entity string `json:"entity"`
	Kind   string `json:"kind"`
	Gen    int    `json:"gen"`

	Due time.Time `json:"due"`
}

// Call is the body of the call: the timer and the context that it was scheduled
// in.
type Call struct {
	Timer
	Hop     int               `json:"hop,omitempty"`
	Context map[string]string `json:"context,omitempty"`
}

// Options says where Cloud Tasks is and how it reaches the functions.
type Options struct {
	Project, Region string

	// EmulatorHost is the address of an emulator, as in CLOUD_TASKS_EMULATOR_HOST;
	// empty for Google's own service.
	EmulatorHost string

	// URL returns where a function takes calls.
	URL func(function string) string

	// ServiceAccount signs the calls (OIDC); empty for none.
	ServiceAccount string

	// Deadline is how long a call may take before Cloud Tasks gives up on it and
	// calls again; zero is 10 minutes.
	Deadline time.Duration

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Queue schedules timers. It is safe for concurrent use.
type Queue struct {
	o      Options
	client *cloudtasks.Client
}

// Open connects to Cloud Tasks.
func Open(ctx context.Context, o Options) (*Queue, error) {
	var opts []option.ClientOption
	if o.EmulatorHost != "" {
		opts = append(opts,
			option.WithEndpoint(o.EmulatorHost),
			option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		)
	}
	client, err := cloudtasks.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("open cloud tasks: %w", err)
	}
	if o.Deadline == 0 {
		o.Deadline = 10 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Queue{o: o, client: client}, nil
}

// Close disconnects.
func (q *Queue) Close() error { return q.client.Close() }

const (
	// callTimeout ends a call to Cloud Tasks.
	callTimeout = 10 * time.Second

	// hop is how far ahead a task is created. Cloud Tasks takes 30 days; a timer
	// beyond is called on the way and goes on from there.
	hop = 29 * 24 * time.Hour
)

// Schedule makes sure that the timer's function is called. A timer that exists,
// or that ran within the last hours, stays as it is.
func (q *Queue) Schedule(ctx context.Context, t Timer) error {
	if note(ctx, "schedule", t) {
		return nil
	}
	return q.create(ctx, Call{Timer: t, Context: logs.Carry(ctx)})
}

// Continue schedules the rest of the way of a call that came on the way to its
// time.
func (q *Queue) Continue(ctx context.Context, c Call) error {
	c.Hop++
	return q.create(ctx, c)
}

// OnTheWay reports whether the call at now is a hop towards a time still ahead.
func (c Call) OnTheWay(now time.Time) bool { return c.Due.Sub(now) > time.Minute }

func (q *Queue) create(ctx context.Context, c Call) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("schedule %s: %w", c.Timer, err)
	}
	at := q.o.Now().Add(hop)
	if c.Due.Before(at) {
		at = c.Due
	}
	start := time.Now()
	_, err = q.client.CreateTask(ctx, &cloudtaskspb.CreateTaskRequest{
		Parent: q.queue(c.Function),
		Task: &cloudtaskspb.Task{
			Name:             q.name(c.Timer, c.Hop),
			ScheduleTime:     timestamppb.New(at),
			DispatchDeadline: durationpb.New(q.o.Deadline),
			MessageType:      &cloudtaskspb.Task_HttpRequest{HttpRequest: q.request(c.Function, body)},
		},
	})
	logs.Trip(ctx, "tasks.CreateTask", time.Since(start))
	if status.Code(err) == codes.AlreadyExists {
		return nil
	}
	if err != nil {
		return fmt.Errorf("schedule %s: %w", c.Timer, err)
	}
	return nil
}

// Cancel makes it unlikely that the timer's function is called. It cannot be
// certain: the function must know a stale call when it sees one.
func (q *Queue) Cancel(ctx context.Context, t Timer) error {
	if note(ctx, "cancel", t) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	start := time.Now()
	err := q.client.DeleteTask(ctx, &cloudtaskspb.DeleteTaskRequest{Name: q.name(t, 0)})
	logs.Trip(ctx, "tasks.DeleteTask", time.Since(start))
	if err != nil && status.Code(err) != codes.NotFound {
		return fmt.Errorf("cancel %s: %w", t, err)
	}
	return nil
}

// String names the timer in logs and errors.
func (t Timer) String() string {
	return fmt.Sprintf("timer %s %s %s gen %d", t.Function, t.Entity, t.Kind, t.Gen)
}

func (q *Queue) queue(function string) string {
	return fmt.Sprintf("projects/%s/locations/%s/queues/%s", q.o.Project, q.o.Region, function)
}

// name returns a task name that begins with a hash: names in sequence are slow.
func (q *Queue) name(t Timer, hop int) string {
	parts := []string{t.Entity, t.Kind, strconv.Itoa(t.Gen), strconv.Itoa(hop)}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return q.queue(t.Function) + "/tasks/" + hex.EncodeToString(sum[:16])
}

func (q *Queue) request(function string, body []byte) *cloudtaskspb.HttpRequest {
	url := q.o.URL(function)
	r := &cloudtaskspb.HttpRequest{
		Url:        url + "/timer",
		HttpMethod: cloudtaskspb.HttpMethod_POST,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       body,
	}
	if q.o.ServiceAccount != "" {
		r.AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{
			OidcToken: &cloudtaskspb.OidcToken{ServiceAccountEmail: q.o.ServiceAccount, Audience: url},
		}
	}
	return r
}
