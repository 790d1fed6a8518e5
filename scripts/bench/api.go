package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"lastmile/emulators/stack"
	"lastmile/functions/api"
	"lastmile/shared/auth"
	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
	"lastmile/shared/logs/logsdb"
	"lastmile/shared/platform"
)

// benchAPI measures what every request pays: the layers, and its record.
func benchAPI(ctx context.Context, r *report) error {
	s, err := stack.Start(ctx, stack.Options{Quiet: true})
	if err != nil {
		return err
	}
	defer s.Close()
	return errors.Join(benchLayers(ctx, r, s), benchRecorded(ctx, r, s), benchKept(ctx, r, s))
}

// benchLayers compares a handler behind the layers of the API with the bare one.
// The caller is known, and its requests are counted; records are written, and kept
// by nobody.
func benchLayers(ctx context.Context, r *report, s *stack.Stack) (err error) {
	p := platform.New(s.Config, logs.Options{Service: "bench", Out: io.Discard})
	defer func() { err = errors.Join(err, p.Close(ctx)) }()
	sessions, err := p.Sessions()
	if err != nil {
		return err
	}
	db, err := p.Docs()
	if err != nil {
		return err
	}
	cache, err := p.Redis()
	if err != nil {
		return err
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	whole := httpapi.Chain(bare,
		httpapi.Record(logs.New(logs.Options{Service: "bench", Out: io.Discard})),
		httpapi.Secure,
		httpapi.CORS("*"),
		httpapi.Operator("nobody"),
		httpapi.Authenticate(sessions),
		httpapi.RateLimit(cache, httpapi.RateOptions{Rates: httpapi.Rates{"read": {auth.Operator: {PerSecond: 1e6, Burst: 1e6}}}}),
		httpapi.Idempotent(db, 1<<20))
	call := func(h http.Handler) testing.BenchmarkResult {
		req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/things", nil)
		req.Header.Set("Authorization", "Bearer "+s.Token(auth.Operator, "bench"))
		return testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(sinkhole{make(http.Header)}, req)
			}
		})
	}
	with, without := call(whole), call(bare)
	took, allocations := with.NsPerOp()-without.NsPerOp(), with.AllocsPerOp()-without.AllocsPerOp()
	r.row("the layers of a request: identity, rate, record, headers", fmt.Sprintf("%.1f µs, %d allocations", float64(took)/1000, allocations),
		fmt.Sprintf("%d ns without", without.NsPerOp()), "", "≤ 15 µs, ≤ 25 allocations", took <= 15_000 && allocations <= 25)
	return nil
}

// sinkhole is an answer that nobody reads.
type sinkhole struct{ header http.Header }

func (s sinkhole) Header() http.Header         { return s.header }
func (s sinkhole) Write(b []byte) (int, error) { return len(b), nil }
func (s sinkhole) WriteHeader(int)             {}

const (
	recordedCalls  = 60 // in all fewer than an operator may make at once
	recordedRounds = 6
)

// benchRecorded compares calls of the API whose records are kept before the answer
// with calls that leave none.
func benchRecorded(ctx context.Context, r *report, s *stack.Stack) error {
	type service struct {
		p *platform.Platform
		h http.Handler
	}
	services := make(map[bool]service)
	for _, kept := range []bool{true, false} {
		p := platform.New(s.Config, logs.Options{Service: "api", Out: io.Discard})
		if !kept {
			p.Logs = logs.New(logs.Options{Service: "api", Out: io.Discard, Level: slog.LevelError})
		}
		h, err := api.Spec().Handler(p)
		if err != nil {
			return err
		}
		services[kept] = service{p, h}
	}
	took := make(map[bool][]time.Duration)
	err := shuffled(recordedRounds, []bool{true, false}, func(kept bool) error {
		for range recordedCalls {
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/jobs?limit=20", nil)
			req.Header.Set("Authorization", "Bearer "+s.Operator)
			w := httptest.NewRecorder()
			start := time.Now()
			services[kept].h.ServeHTTP(w, req)
			took[kept] = append(took[kept], time.Since(start))
			if w.Code != http.StatusOK {
				return fmt.Errorf("GET /v1/jobs: %d: %s", w.Code, w.Body)
			}
		}
		return nil
	})
	on, off := percentile(took[true], 50), percentile(took[false], 50)
	slower := 100 * (on.Seconds()/off.Seconds() - 1)
	r.row("GET /v1/jobs with its record kept before the answer, p50", ms(on), ms(off)+" without records", fmt.Sprintf("%+.0f%%", slower), "≤ 5% slower", slower <= 5)
	return errors.Join(err, services[true].p.Close(ctx), services[false].p.Close(ctx))
}

const keptRecords = 20_000

// benchKept measures how fast records reach the database, all of them.
func benchKept(ctx context.Context, r *report, s *stack.Stack) error {
	p := platform.New(s.Config, logs.Options{Service: "unused", Out: io.Discard})
	l := logs.New(logs.Options{Service: "bench", Out: io.Discard, Store: logsdb.New(p.Docs), Buffer: keptRecords})
	start := time.Now()
	for i := range keptRecords {
		l.Logger().InfoContext(ctx, "something happened", slog.Int("i", i), slog.String("what", "a courier moved"))
	}
	if err := l.Close(ctx); err != nil {
		return err
	}
	rate := keptRecords / time.Since(start).Seconds()
	r.row("records written and kept, one process", fmt.Sprintf("%.0f/s", rate), "-", "", "", true)
	return p.Close(ctx)
}
