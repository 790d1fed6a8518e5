package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/functions/api"
	"lastmile/shared/auth"
	"lastmile/shared/function"
	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

var inPath = regexp.MustCompile(`\{\w+\}`)

// router is the API in this process, and all its routes as "GET /v1/jobs".
func router(t testing.TB) (http.Handler, []string) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	p := platform.New(s.Config, logs.Options{Service: "api", Classify: function.Classify, Out: io.Discard})
	t.Cleanup(func() { require.NoError(t, p.Close(context.Background())) })
	h, err := api.Spec().Handler(p)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var document struct{ Paths map[string]map[string]any }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &document))
	var routes []string
	for path, methods := range document.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routes)
	return h, routes
}

// FuzzRequest asks every route for anything, as an operator: its path, query, body,
// and the headers that are read. Whatever it is, it is answered in JSON, and
// nothing breaks.
func FuzzRequest(f *testing.F) {
	h, routes := router(f)
	for i := range routes {
		f.Add(uint16(i), "bakery", "limit=5", `{}`, `"1"`, "key")
	}
	for i, id := range []string{"\x00", "..", "__reserved__", strings.Repeat("n", 1501)} {
		f.Add(uint16(7+i), id, "", "", "", "")
	}
	f.Add(uint16(1), "\x94", "level=%FF&x=%zz", "", "", "")
	for _, query := range []string{
		"cursor=bjE2MDAwMDAwMDAwMDAwMDAgYWJj", "cursor=%00", "entity=order:1&from=2026-01-01T00:00:00Z&oldest=true", "after=-1&before=9", "status=x&level=%FF",
	} {
		f.Add(uint16(len(query)), "a", query, "", "*", "")
	}
	for _, body := range []string{
		`{"shop":"bakery","lines":[{"item":"rye","quantity":1e3}],"dropoff":{"point":{"lat":35.9,"lng":14.5}}}`,
		`{"fixes":[{"at":"2026-11-23T12:00:00Z","lat":1e309}]}`, `[[[[[[`, `{"__proto__":{"x":null}}`, "{\"a\":\"\xff\"}",
	} {
		for i := range routes {
			f.Add(uint16(i), "..%2f", "", body, `W/"-1"`, strings.Repeat("k", 201))
		}
	}
	calls := 0
	f.Fuzz(func(t *testing.T, route uint16, id, query, body, match, key string) {
		method, path, _ := strings.Cut(routes[int(route)%len(routes)], " ")
		at, err := url.Parse(inPath.ReplaceAllLiteralString(path, url.PathEscape(id)))
		if err != nil {
			t.Skip("no client can send that path")
		}
		at.RawQuery = query
		calls++
		operator := auth.Caller{Entity: auth.Operator, ID: fmt.Sprint("op-", calls/100)} // none calls too often
		q := (&http.Request{
			Method: method, URL: at, Host: "api", Header: http.Header{
				"Content-Type": {"application/json"}, "If-Match": {match}, "If-None-Match": {match}, httpapi.IdempotencyKey: {key},
			}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}).WithContext(auth.With(t.Context(), operator))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, q)
		require.NotEqual(t, http.StatusInternalServerError, w.Code, "%s %s: %s", method, at, w.Body)
		if w.Code >= http.StatusBadRequest {
			require.True(t, json.Valid(w.Body.Bytes()), "%s %s: %d %.200s", method, at, w.Code, w.Body)
		}
	})
}
