package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
	"lastmile/shared/httpapi"
)

// sessions knows the bearers of three tokens.
type sessions struct{}

func (sessions) Check(_ context.Context, bearer string) (auth.Pass, error) {
	pass := auth.Pass{Claims: auth.Claims{Caller: auth.Caller{Entity: auth.Customer, ID: "ann"}}, Token: "new"}
	switch bearer {
	case "good":
		return pass, nil
	case "expired":
		pass.Renewed = true
		return pass, nil
	case "down":
		return auth.Pass{}, auth.ErrUnavailable
	}
	return auth.Pass{}, auth.ErrRefused
}

func TestAuthenticate(t *testing.T) {
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(auth.From(r.Context()).String())) })
	for name, test := range map[string]struct {
		header  []string
		status  int
		renewed string
	}{
		"a good token lets in":                 {[]string{"Authorization", "Bearer good"}, http.StatusOK, ""},
		"an expired one, and brings a new one": {[]string{"Authorization", "bearer expired"}, http.StatusOK, "new"},
		"a bad one does not":                   {[]string{"Authorization", "Bearer bad"}, http.StatusUnauthorized, ""},
		"none does not":                        {nil, http.StatusUnauthorized, ""},
		"a hostile header does not":            {[]string{"Authorization", "Bearer \x00\xff good"}, http.StatusUnauthorized, ""},
		"nobody can tell":                      {[]string{"Authorization", "Bearer down"}, http.StatusServiceUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(httpapi.Chain(who, httpapi.Authenticate(sessions{}), httpapi.Only(auth.Customer)), request(test.header...))
			require.Equal(t, test.status, w.Code)
			require.Equal(t, test.renewed, w.Header().Get(httpapi.RenewedToken))
			require.Equal(t, test.status == http.StatusServiceUnavailable, w.Header().Get("Retry-After") != "")
		})
	}
}

func TestCORS(t *testing.T) {
	h := httpapi.CORS("https://shop.example")(http.NotFoundHandler())
	preflight := func(origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodOptions, "/v1/things", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "PUT")
		return serve(h, r)
	}
	ours := preflight("https://shop.example")
	require.Equal(t, http.StatusNoContent, ours.Code)
	require.Equal(t, "86400", ours.Header().Get("Access-Control-Max-Age"))
	require.Equal(t, "https://shop.example", ours.Header().Get("Access-Control-Allow-Origin"))
	require.Contains(t, ours.Header().Get("Access-Control-Allow-Headers"), "Authorization")
	require.Empty(t, preflight("https://evil.example").Header().Get("Access-Control-Allow-Origin"))
	call := serve(h, request("Origin", "https://shop.example"))
	require.Contains(t, call.Header().Get("Access-Control-Expose-Headers"), httpapi.RenewedToken)
	require.Equal(t, "Origin", call.Header().Get("Vary"))
}

func TestSecure(t *testing.T) {
	h := httpapi.Secure(http.NotFoundHandler())
	require.Equal(t, "nosniff", serve(h, request()).Header().Get("X-Content-Type-Options"))
	require.Empty(t, serve(h, request()).Header().Get("Strict-Transport-Security"))
	require.NotEmpty(t, serve(h, request("X-Forwarded-Proto", "https")).Header().Get("Strict-Transport-Security"))
}

func TestRateLimit(t *testing.T) {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := miniredis.RunT(t)
	server.SetTime(time.Unix(1_800_000_000, 0))
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	defer client.Close()
	rates := httpapi.Rates{"read": {"": {PerSecond: 1, Burst: 3}}, "write": {"": {PerSecond: 1, Burst: 3}}}
	limited := func(o httpapi.RateOptions) http.Handler { o.Rates = rates; return httpapi.RateLimit(client, o)(ok) }
	get := func(address string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-For", address)
		return r
	}
	processes := []http.Handler{limited(httpapi.RateOptions{}), limited(httpapi.RateOptions{})}
	for i := range 3 {
		require.Equal(t, http.StatusOK, serve(processes[i%2], get("10.0.0.1")).Code)
	}
	refused := serve(processes[0], get("10.0.0.1"))
	require.Equal(t, http.StatusTooManyRequests, refused.Code)
	require.Equal(t, "1", refused.Header().Get("Retry-After"))
	require.Equal(t, "application/problem+json", refused.Header().Get("Content-Type"))
	require.Equal(t, http.StatusTooManyRequests, serve(processes[1], get("9.9.9.9, 10.0.0.1")).Code, "what a client says of its address does not count")
	require.Equal(t, http.StatusTooManyRequests, serve(limited(httpapi.RateOptions{Proxies: 1}), get("9.9.9.9, 10.0.0.1, 34.1.1.1")).Code, "behind a load balancer it is the last but one")
	require.Equal(t, http.StatusOK, serve(processes[0], get("10.0.0.2")).Code, "others are not concerned")
	for _, a := range []string{"2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0:a::"} {
		require.Equal(t, http.StatusOK, serve(processes[0], get(a)).Code)
	}
	require.Equal(t, http.StatusTooManyRequests, serve(processes[1], get("2001:db8::4")).Code, "whoever has an address of IPv6 has 2^64")
	require.Equal(t, http.StatusOK, serve(processes[1], get("2001:db8:0:1::4")).Code, "and others have others")
	require.Equal(t, http.StatusTooManyRequests, serve(processes[0], get("::ffff:10.0.0.1")).Code, "it is the same in IPv6's clothes")
	server.SetTime(time.Unix(1_800_000_001, 0))
	require.Equal(t, http.StatusOK, serve(processes[1], get("10.0.0.1")).Code, "a second later there is one more")

	server.Close()
	require.Equal(t, http.StatusOK, serve(limited(httpapi.RateOptions{}), get("10.0.0.3")).Code, "open while Redis is down")
	closed := serve(limited(httpapi.RateOptions{Closed: true}), get("10.0.0.3"))
	require.Equal(t, http.StatusServiceUnavailable, closed.Code, "or closed")
	require.NotEmpty(t, closed.Header().Get("Retry-After"))
}
