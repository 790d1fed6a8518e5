package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// benchEvents measures what an event costs: the function's own part in process,
// and the whole way through push.
func benchEvents(ctx context.Context, r *report) error {
	theirs := runBullMQ(ctx)
	if err := benchHandling(ctx, r, theirs); err != nil {
		return err
	}
	if err := benchPushed(ctx, r, theirs); err != nil {
		return err
	}
	return benchFaults(ctx, r)
}

// measured is an event of these measurements.
type measured struct {
	event.Header `json:"-"`

	N int `json:"n"`
}

func (measured) Type() event.Type { return "bench.measured.v1" }
func (e measured) Key() string    { return fmt.Sprint(e.N) }
func (measured) Validate() error  { return nil }

// measuring is a function that a measurement gives its handler.
type measuring struct {
	handle func(context.Context, measured) error
}

func (m *measuring) Handle(ctx context.Context, e measured) error { return m.handle(ctx, e) }

func (m *measuring) spec() function.Spec {
	return function.Spec{Name: "measuring", Class: function.Small, Binding: function.Bind(
		func(*platform.Opener) (*measuring, error) { return m, nil },
		function.OnEvent((*measuring).Handle, function.Retry{Min: 10 * time.Millisecond, Max: 50 * time.Millisecond, Attempts: 100}),
	)}
}

// benchHandling measures a delivery from its HTTP request to its answer: decode,
// record, handle, verdict. The records go to nobody, as BullMQ keeps none.
func benchHandling(ctx context.Context, r *report, theirs bullFigures) error {
	const events = 100_000
	config, err := platform.ReadConfig([]string{
		"GOOGLE_CLOUD_PROJECT=bench", "REDIS_ADDR=none", "FUNCTION_URL=http://localhost/{function}", "PRIVATE_FILES_URL=mem://",
		"FIRESTORE_EMULATOR_HOST=localhost:1", "PUBSUB_EMULATOR_HOST=localhost:1",
	})
	if err != nil {
		return err
	}
	p := platform.New(config, logs.Options{Service: "bench", Out: io.Discard, Classify: function.Classify})
	defer p.Close(ctx)
	p.Logs = logs.New(logs.Options{Service: "bench", Out: io.Discard, Classify: function.Classify})
	var handled atomic.Int64
	m := &measuring{handle: func(context.Context, measured) error { handled.Add(1); return nil }}
	h, err := m.spec().Handler(p)
	if err != nil {
		return err
	}
	body := pushBody()
	began, cpu := time.Now(), cpuTime()
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for range events / runtime.GOMAXPROCS(0) {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body)))
			}
		})
	}
	wg.Wait()
	n := handled.Load()
	rate := float64(n) / time.Since(began).Seconds()
	each := (cpuTime() - cpu) / time.Duration(n)
	r.row("handle an event in process: decode, record, verdict", perSecond(rate)+", "+us(each)+" of CPU", theirs.inProcess(),
		fmt.Sprintf("%.1fx", rate/theirs.rate), "≥ 27k/s", rate >= 27_000)
	return nil
}

// pushBody is a push as Pub/Sub sends it.
func pushBody() []byte {
	b, _ := json.Marshal(map[string]any{ // cannot fail: maps of strings
		"subscription": "projects/bench/subscriptions/measuring.bench.measured.v1", "deliveryAttempt": 1,
		"message": map[string]any{
			"messageId": "77", "publishTime": "2026-11-22T10:00:00Z", "data": []byte(`{"n":7}`),
			"attributes": map[string]string{
				"ce-id": "0123456789abcdefghjkmnpqrs", "ce-type": "bench.measured.v1", "ce-subject": "7", "ce-time": "2026-11-22T10:00:00Z",
				"ce-source": "lastmile", "ce-specversion": "1.0", "content-type": "application/json",
				"ce-traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "ce-request": "r1",
			},
		},
	})
	return b
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func perSecond(rate float64) string { return fmt.Sprintf("%.1fk/s", rate/1000) }

func us(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }
