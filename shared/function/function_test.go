package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	pubsubserver "lastmile/emulators/pubsub"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
	"lastmile/shared/timer"
)

// probe is a function whose behaviour each test chooses.
type probe struct {
	event func(context.Context, event.JobPlan) error
	timer func(context.Context, timer.Timer) error
	cron  func(context.Context) error
}

func (p *probe) Plan(ctx context.Context, e event.JobPlan) error { return p.event(ctx, e) }
func (p *probe) Timer(ctx context.Context, t timer.Timer) error  { return p.timer(ctx, t) }
func (p *probe) Schedule(ctx context.Context) error              { return p.cron(ctx) }
func (p *probe) build(*platform.Opener) (*probe, error)          { return p, nil }
func (p *probe) spec(retry function.Retry, t time.Duration) function.Spec {
	return function.Spec{Name: "probe", Class: function.Small, Timeout: t, Binding: function.Bind(p.build,
		function.OnEvent((*probe).Plan, retry), function.OnTimer((*probe).Timer), function.OnSchedule("* * * * *", "UTC", (*probe).Schedule))}
}

// world is what a function stands on.
type world struct {
	firestore *firestore.Server
	pubsub    *pubsubserver.Server
	platform  *platform.Platform
	admin     *pubsub.Client
	out       *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{out: &bytes.Buffer{}}
	var err error
	w.firestore, err = firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.firestore.Close()) })
	w.pubsub, err = pubsubserver.Start(pubsubserver.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.pubsub.Close()) })
	config, err := platform.ReadConfig([]string{
		"GOOGLE_CLOUD_PROJECT=test", "REDIS_ADDR=none", "FUNCTION_URL=http://localhost/{function}", "PRIVATE_FILES_URL=mem://",
		"FIRESTORE_EMULATOR_HOST=" + w.firestore.Addr(), "PUBSUB_EMULATOR_HOST=" + w.pubsub.Addr(),
	})
	require.NoError(t, err)
	w.platform = platform.New(config, logs.Options{Service: "probe", Out: w.out, Classify: function.Classify})
	t.Cleanup(func() { require.NoError(t, w.platform.Close(context.Background())) })

	w.admin, err = pubsub.NewClient(t.Context(), "test", option.WithEndpoint(w.pubsub.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.admin.Close()) })
	topic, err := w.admin.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/test/topics/" + bus.DeadLetterTopic})
	require.NoError(t, err)
	_, err = w.admin.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: "projects/test/subscriptions/dead", Topic: topic.Name})
	require.NoError(t, err)
	return w
}

// buried returns the one dead letter there must be.
func (w *world) buried(t *testing.T) bus.DeadLetter {
	t.Helper()
	r, err := w.admin.SubscriptionAdminClient.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: "projects/test/subscriptions/dead", MaxMessages: 10})
	require.NoError(t, err)
	require.Len(t, r.ReceivedMessages, 1)
	m := r.ReceivedMessages[0].Message
	return (&bus.Push{MessageID: m.MessageId, Attributes: m.Attributes, Data: m.Data}).DeadLetter()
}

// records returns what is kept in the logs of that kind.
func (w *world) records(t *testing.T) []logs.Record {
	t.Helper()
	db, err := w.platform.Docs()
	require.NoError(t, err)
	found, err := docs.In[logs.Record](db, "logs").Where("kind", "==", "lifecycle").Limit(100).All(t.Context())
	require.NoError(t, err)
	var rs []logs.Record
	for _, d := range found {
		rs = append(rs, d.Data)
	}
	return rs
}

func push(attempt int, attributes map[string]string, data string) string {
	body, _ := json.Marshal(map[string]any{
		"subscription": "projects/test/subscriptions/probe.job.plan.v1", "deliveryAttempt": attempt,
		"message": map[string]any{"messageId": "77", "publishTime": "2026-11-22T10:00:00Z", "attributes": attributes, "data": []byte(data)},
	})
	return string(body)
}

func call(t *testing.T, h http.Handler, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)).WithContext(t.Context()))
	return w
}

var plan = map[string]string{"ce-id": "e1", "ce-type": "job.plan.v1", "ce-subject": "j", "ce-request": "r1"}

func TestVerdicts(t *testing.T) {
	tests := map[string]struct {
		handle func(context.Context, event.JobPlan) error
		body   string
		status int
		class  string // of the dead letter, if there must be one
		cause  string
		state  logs.State
	}{
		"success is acknowledged": {
			handle: func(context.Context, event.JobPlan) error { return nil },
			status: http.StatusNoContent, state: logs.StateOK,
		},
		"a repeat is acknowledged": {
			handle: func(context.Context, event.JobPlan) error { return fmt.Errorf("x: %w", docs.ErrDuplicate) },
			status: http.StatusNoContent, state: logs.StateOK,
		},
		"a permanent failure is archived and acknowledged": {
			handle: func(context.Context, event.JobPlan) error {
				return fmt.Errorf("%w: no such shop", function.ErrPermanent)
			},
			status: http.StatusNoContent, class: "permanent", cause: "no such shop", state: logs.StateError,
		},
		"so is one whose cause is no text": {
			handle: func(context.Context, event.JobPlan) error {
				return fmt.Errorf("%w: the provider says \xff", function.ErrPermanent)
			},
			status: http.StatusNoContent, class: "permanent", cause: "the provider says \ufffd", state: logs.StateError,
		},
		"anything else is delivered again": {
			handle: func(context.Context, event.JobPlan) error { return errors.New("later") },
			status: http.StatusInternalServerError, state: logs.StateError,
		},
		"a panic is delivered again": {
			handle: func(context.Context, event.JobPlan) error { panic("boom") },
			status: http.StatusInternalServerError, state: logs.StateError,
		},
		"an invalid event is archived": {
			body: push(1, plan, `{}`), status: http.StatusNoContent, class: "invalid", cause: "job must not be empty", state: logs.StateError,
		},
		"an unknown version is archived": {
			body:   push(1, map[string]string{"ce-id": "e1", "ce-type": "job.plan.v9"}, `{"job":"j"}`),
			status: http.StatusNoContent, class: "invalid", cause: "job.plan.v9", state: logs.StateError,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := &probe{event: test.handle}
			h, err := p.spec(function.Retry{}, 0).Handler(w.platform)
			require.NoError(t, err)
			body := test.body
			if body == "" {
				body = push(2, plan, `{"job":"j"}`)
			}
			require.Equal(t, test.status, call(t, h, "/", body).Code)

			rs := w.records(t)
			require.Len(t, rs, 1, "one lifecycle record for one delivery")
			require.Equal(t, test.state, rs[0].State)
			if test.class == "" {
				return
			}
			letter := w.buried(t)
			require.Equal(t, test.class, letter.Class)
			require.Contains(t, letter.Cause, test.cause)
			require.Equal(t, "probe.job.plan.v1", letter.Subscription)
			require.Equal(t, "e1", letter.ID(), "the letter keeps the event's id, so that a replay is known as one")
		})
	}
}

func TestAPanicLeavesItsStack(t *testing.T) {
	w := newWorld(t)
	p := &probe{event: func(context.Context, event.JobPlan) error { panic("boom") }}
	h, err := p.spec(function.Retry{}, 0).Handler(w.platform)
	require.NoError(t, err)
	call(t, h, "/", push(1, plan, `{"job":"j"}`))
	rs := w.records(t)
	require.Len(t, rs, 1)
	require.NotNil(t, rs[0].Error)
	require.Contains(t, rs[0].Error.Stack, "function_test.go")
	require.Equal(t, "r1", rs[0].Request, "the record belongs to the request that caused the event")
}

func TestWhatPubSubCannotHaveSentIsRefused(t *testing.T) {
	w := newWorld(t)
	h, err := (&probe{}).spec(function.Retry{}, 0).Handler(w.platform)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, call(t, h, "/", "junk").Code)
	require.Equal(t, http.StatusRequestEntityTooLarge, call(t, h, "/", strings.Repeat("x", 17<<20)).Code)
	require.Equal(t, http.StatusBadRequest, call(t, h, "/timer", `{"kind":"x"}`).Code)
	require.Equal(t, http.StatusNotFound, call(t, h, "/else", "").Code)
}

func TestADeadLetterThatCannotBeSentIsDeliveredAgain(t *testing.T) {
	w := newWorld(t)
	w.pubsub.Faults.Add(fault.Rule{Method: "Publish", Code: codes.PermissionDenied})
	p := &probe{event: func(context.Context, event.JobPlan) error { return function.ErrPermanent }}
	h, err := p.spec(function.Retry{}, 0).Handler(w.platform)
	require.NoError(t, err)
	require.Equal(t, http.StatusInternalServerError, call(t, h, "/", push(1, plan, `{"job":"j"}`)).Code)
}

func TestAHandlerKnowsItsLastAttempt(t *testing.T) {
	w := newWorld(t)
	var last []bool
	var attempts []int
	p := &probe{event: func(ctx context.Context, _ event.JobPlan) error {
		last, attempts = append(last, function.LastAttempt(ctx)), append(attempts, function.Attempt(ctx))
		return nil
	}}
	h, err := p.spec(function.Retry{Attempts: 5}, 0).Handler(w.platform)
	require.NoError(t, err)
	for _, n := range []int{0, 1, 4, 5, 6} {
		call(t, h, "/", push(n, plan, `{"job":"j"}`))
	}
	require.Equal(t, []bool{false, false, false, true, true}, last)
	require.Equal(t, []int{1, 1, 4, 5, 6}, attempts)
}

func TestACallEndsByItsTimeout(t *testing.T) {
	w := newWorld(t)
	p := &probe{event: func(ctx context.Context, _ event.JobPlan) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	h, err := p.spec(function.Retry{}, time.Millisecond).Handler(w.platform)
	require.NoError(t, err)
	require.Equal(t, http.StatusInternalServerError, call(t, h, "/", push(1, plan, `{"job":"j"}`)).Code)
}

func TestTimers(t *testing.T) {
	body := func(due time.Time) string {
		b, _ := json.Marshal(timer.Call{Timer: timer.Timer{Entity: "job:1", Kind: "finish", Gen: 2, Due: due}, Context: map[string]string{"request": "r1"}})
		return string(b)
	}
	tests := map[string]struct {
		due    time.Time
		err    error
		status int
		fired  bool
	}{
		"one that is due fires":           {time.Now().Add(-time.Second), nil, http.StatusNoContent, true},
		"one before its time comes again": {time.Now().Add(20 * time.Second), nil, http.StatusInternalServerError, false},
		"a failure comes again":           {time.Now().Add(-time.Second), errors.New("later"), http.StatusInternalServerError, true},
		"a permanent failure does not":    {time.Now().Add(-time.Second), function.ErrPermanent, http.StatusNoContent, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var got timer.Timer
			var request string
			p := &probe{timer: func(ctx context.Context, tm timer.Timer) error {
				got, request = tm, logs.From(ctx).Request
				return test.err
			}}
			h, err := p.spec(function.Retry{}, 0).Handler(w.platform)
			require.NoError(t, err)
			require.Equal(t, test.status, call(t, h, "/timer", body(test.due)).Code)
			if !test.fired {
				require.Zero(t, got)
				return
			}
			require.Equal(t, "job:1", got.Entity)
			require.Equal(t, 2, got.Gen)
			require.Equal(t, "r1", request, "a timer carries the context it was set in")
		})
	}
}

func TestSchedule(t *testing.T) {
	w := newWorld(t)
	p := &probe{cron: func(context.Context) error { return nil }}
	h, err := p.spec(function.Retry{}, 0).Handler(w.platform)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, call(t, h, "/schedule", "").Code)
	p.cron = func(context.Context) error { return errors.New("no") }
	require.Equal(t, http.StatusInternalServerError, call(t, h, "/schedule", "").Code)
}

func TestAFunctionPublishesOnlyWhatItDeclares(t *testing.T) {
	w := newWorld(t)
	_, err := (&probe{}).spec(function.Retry{}, 0).Handler(w.platform)
	require.NoError(t, err)
	b, err := w.platform.Bus()
	require.NoError(t, err)
	err = b.Publish(t.Context(), &event.JobPlan{Job: "1"})
	require.ErrorIs(t, err, bus.ErrUndeclared, "Pub/Sub would refuse it in the cloud only")
	require.ErrorContains(t, err, "job.plan.v1")
}

func TestTopologyIsWhatTheSpecSays(t *testing.T) {
	spec := (&probe{}).spec(function.Retry{Min: 2 * time.Second, Attempts: 7}, 0)
	spec.Publishes = []event.Event{&event.CatalogPage{}}
	spec.Secrets, spec.Uses, spec.Calls = []string{"keys", "probe-key"}, []platform.Resource{platform.Redis}, []string{"distance"}
	gateway := function.Spec{Name: "gateway", Secrets: []string{"keys"}, Paths: []string{"/gateway/*"}}
	got := function.TopologyOf([]function.Spec{spec}, gateway, []event.Event{&event.JobPlan{}})
	require.Equal(t, function.Topology{
		Topics: []string{"job.plan.v1"}, DeadLetterTopic: bus.DeadLetterTopic,
		Functions: []function.Service{{
			Name: "probe", Class: function.Small, Timeout: 60, Queue: true, Secrets: []string{"keys", "probe-key"}, SchedulesTimer: []string{},
			Subscriptions: []function.Subscription{{
				Name: "probe.job.plan.v1", Topic: "job.plan.v1", AckDeadline: 70, MinBackoff: 2, MaxBackoff: 60, Attempts: 7, DeadLetter: true,
			}},
			Schedules: []function.Schedule{{Name: "probe", Cron: "* * * * *", Zone: "UTC"}},
			Publishes: []string{"catalog.page.v1"}, Uses: []platform.Resource{platform.Redis}, Calls: []string{"distance"}, Paths: []string{},
		}},
		Gateway: function.Service{
			Name: "gateway", Timeout: 60, Prefix: "/gateway", Paths: []string{"/gateway/*"}, Secrets: []string{"keys"}, SchedulesTimer: []string{},
			Subscriptions: []function.Subscription{}, Schedules: []function.Schedule{}, Publishes: []string{}, Uses: []platform.Resource{}, Calls: []string{},
		},
		Secrets: []string{"keys", "probe-key"},
	}, got)
}
