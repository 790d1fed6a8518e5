package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/functions/api"
	"lastmile/shared/function"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// router is the API in this process, where its round trips can be counted.
type router struct {
	http.Handler
	operator string
	routes   []apiRoute
}

// apiRoute is a route of the document, as far as it takes to call it.
type apiRoute struct {
	method, path string
	budget       int
	limits       bool // takes a limit
}

func openRouter(t *testing.T, s *shop) *router {
	t.Helper()
	p := platform.New(s.Config, logs.Options{Service: "api", Classify: function.Classify, Out: &bytes.Buffer{}})
	t.Cleanup(func() { require.NoError(t, p.Close(context.WithoutCancel(t.Context()))) })
	handler, err := api.Spec().Handler(p)
	require.NoError(t, err)
	r := &router{Handler: handler, operator: s.Operator}
	w, _ := r.call(t, http.MethodGet, "/openapi.json", "")
	var d struct {
		Paths map[string]map[string]struct {
			Trips      int `json:"x-round-trips"`
			Parameters []struct{ Name string }
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &d))
	for path, methods := range d.Paths {
		for method, op := range methods {
			limits := slices.ContainsFunc(op.Parameters, func(p struct{ Name string }) bool { return p.Name == "limit" })
			r.routes = append(r.routes, apiRoute{strings.ToUpper(method), path, op.Trips, limits})
		}
	}
	slices.SortFunc(r.routes, func(a, b apiRoute) int { return strings.Compare(a.method+a.path, b.method+b.path) })
	return r
}

// call calls the API as an operator does, and counts its round trips.
func (r *router) call(t *testing.T, method, path, body string) (*httptest.ResponseRecorder, logs.TripCounts) {
	t.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(body))
	q.Header.Set("Authorization", "Bearer "+r.operator)
	q.Header.Set("Content-Type", "application/json")
	ctx := logs.CountTrips(q.Context())
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q.WithContext(ctx))
	return w, logs.Trips(ctx)
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// url fills a path in with names of things that are there, or could be.
func (r apiRoute) url() string {
	return pathParameter.ReplaceAllStringFunc(r.path, func(p string) string {
		if name, ok := map[string]string{"{shop}": "bakery", "{item}": "item-1", "{function}": "catalogpage"}[p]; ok {
			return name
		}
		return "x1"
	})
}

// layerTrips are what the layers before a route may cost: who calls, and how often.
const layerTrips = 2

func TestNoRouteExceedsItsBudgetOrGrowsWithItsInput(t *testing.T) {
	s := openShop(t, 300)
	r := openRouter(t, s)
	require.NotEmpty(t, r.routes)
	for _, route := range r.routes {
		t.Run(route.method+" "+route.path, func(t *testing.T) {
			_, small := r.call(t, route.method, route.url()+route.query(1), "{}")
			_, large := r.call(t, route.method, route.url()+route.query(100), "{}")
			few, _ := small.Total()
			many, _ := large.Total()
			require.LessOrEqual(t, many, route.budget+layerTrips, "%v: batch them, or raise the budget with its reason in functions/api/route.go", large)
			require.LessOrEqual(t, few, route.budget+layerTrips, "%v", small)
			if route.limits {
				require.LessOrEqual(t, many, few+layerTrips, "it makes more round trips for more: %v", large)
			}
		})
	}
}

func (r apiRoute) query(limit int) string {
	if !r.limits {
		return ""
	}
	return fmt.Sprintf("?limit=%d", limit)
}

func TestWithoutAResultOfTheDatabaseEveryRouteSaysToTryAgain(t *testing.T) {
	s := openShop(t, 3)
	r := openRouter(t, s)
	s.Firestore.Faults.Add(fault.Rule{Code: codes.Internal})
	t.Cleanup(s.Firestore.Faults.Reset)
	for _, route := range r.routes {
		t.Run(route.method+" "+route.path, func(t *testing.T) {
			t.Parallel()
			w, _ := r.call(t, route.method, route.url(), "{}")
			require.NotEqual(t, http.StatusInternalServerError, w.Code, "%s", w.Body)
			if w.Code == http.StatusServiceUnavailable {
				require.NotEmpty(t, w.Header().Get("Retry-After"))
				require.NotContains(t, w.Body.String(), "fault injected", "what broke is for the records")
			}
		})
	}
}

func TestNoBodyBreaksARoute(t *testing.T) {
	s := openShop(t, 3)
	r := openRouter(t, s)
	bodies := map[string]string{
		"nothing":           "",
		"no JSON":           "{",
		"null":              "null",
		"a number":          "-1e400",
		"a list":            `[{"a":[]}]`,
		"deeply nested":     strings.Repeat("[", 100_000),
		"nested objects":    strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"too large":         `"` + strings.Repeat("x", 5<<20) + `"`,
		"not UTF-8":         "{\"shop\":\"\xff\xfe\"}",
		"unexpected types":  `{"shop":[],"kind":{},"fixes":"x","path":7,"items":{"a":1},"params":[],"lines":false,"terms":3}`,
		"names of the wire": `{"__proto__":{},"\u0000":1,"shop":"../../etc"}`,
	}
	for _, route := range r.routes {
		if route.method == http.MethodGet || strings.HasSuffix(route.path, "/replay") {
			continue
		}
		for name, body := range bodies {
			w, _ := r.call(t, route.method, route.url(), body)
			require.NotEqual(t, http.StatusInternalServerError, w.Code, "%s %s with %s: %s", route.method, route.path, name, w.Body)
		}
	}
}
