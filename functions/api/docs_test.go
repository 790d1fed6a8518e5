package api_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/api"
)

func TestTheReadablePage(t *testing.T) {
	f := api.New(api.Resources{})
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	page := get("/docs")
	require.Equal(t, http.StatusOK, page.Code)
	require.NotContains(t, page.Header().Get("Content-Security-Policy"), "unsafe")
	text := page.Body.String()
	require.NotRegexp(t, regexp.MustCompile(`(src|href)="(https?:)?//`), text, "no other host")
	require.NotContains(t, text, "<script")
	require.NotContains(t, text, "style=")
	for name := range operations(document(t)) {
		_, path, _ := strings.Cut(name, " ")
		require.Contains(t, text, "<code>"+path+"</code>", "every route is on the page")
	}
	require.Equal(t, "text/css; charset=utf-8", get("/docs/style.css").Header().Get("Content-Type"))
}

func TestPathsAndMethodsThatThereAreNot(t *testing.T) {
	f := api.New(api.Resources{})
	tests := map[string]struct {
		method, path string
		status       int
		allow        string
	}{
		"an unknown path is a problem":   {http.MethodGet, "/v1/none", http.StatusNotFound, ""},
		"an unknown method is a problem": {http.MethodDelete, "/v1/logs", http.StatusMethodNotAllowed, "GET"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			f.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
			require.Equal(t, test.status, w.Code)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			require.Equal(t, test.allow, w.Header().Get("Allow"))
		})
	}
}
