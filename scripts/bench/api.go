package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// benchAPI measures what every request pays: the layers.
func benchAPI(ctx context.Context, r *report) error {
	return onStack(ctx, func(s *stack.Stack, p *platform.Opener) error { return benchLayers(ctx, r, s, p) })
}

// benchLayers compares a handler behind the layers of the API with the bare one.
// The caller is known, and its requests are counted; records are written, and kept
// by nobody.
func benchLayers(ctx context.Context, r *report, s *stack.Stack, p *platform.Opener) error {
	sessions, db, cache := p.Sessions(), p.Docs(), p.Redis()
	if err := p.Err(); err != nil {
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
func (s sinkhole) Flush()                      {}
