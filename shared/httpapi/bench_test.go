package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"lastmile/shared/auth"
	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
)

// sinkhole is an answer that nobody reads.
type sinkhole struct{ header http.Header }

func (s sinkhole) Header() http.Header         { return s.header }
func (s sinkhole) Write(b []byte) (int, error) { return len(b), nil }
func (s sinkhole) WriteHeader(int)             {}
func (s sinkhole) Flush()                      {}

func BenchmarkLayers(b *testing.B) {
	cache := redis.NewClient(&redis.Options{Addr: miniredis.RunT(b).Addr()})
	b.Cleanup(func() { _ = cache.Close() })
	h := httpapi.Chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		httpapi.Record(logs.New(logs.Options{Out: io.Discard})),
		httpapi.Secure,
		httpapi.CORS("*"),
		httpapi.Operator("nobody"),
		httpapi.Authenticate(sessions{}),
		httpapi.RateLimit(cache, httpapi.RateOptions{Rates: httpapi.Rates{"read": {auth.Customer: {PerSecond: 1e6, Burst: 1e6}}}}),
		httpapi.Idempotent(nil, 1<<20))
	r := httptest.NewRequest(http.MethodGet, "/v1/things", nil)
	r.Header.Set("Authorization", "Bearer good")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(sinkhole{make(http.Header)}, r)
	}
}
