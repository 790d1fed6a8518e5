package files_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/files"
)

// Nobody gets at an object by a URL that was not signed, whatever they make of one
// that was.
func FuzzHandler(f *testing.F) {
	b, err := files.Open(f.Context(), "mem://", files.Options{Base: "http://x/objects", Key: []byte("a key of enough bytes")})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, b.Close()) })
	_, err = b.Write(f.Context(), "a/secret", strings.NewReader("secret"), files.Content{Type: "text/plain", Size: 6, Limit: 6})
	require.NoError(f, err)
	always := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) // each process that fuzzes signs the same
	grant, err := b.SignGet(f.Context(), "a/secret", always)
	require.NoError(f, err)
	u, err := url.Parse(grant.URL)
	require.NoError(f, err)
	f.Add("GET", u.Path, u.RawQuery)
	f.Add("PUT", u.Path, u.RawQuery)
	f.Add("GET", "/objects/a/../a/secret", u.RawQuery)
	f.Add("GET", u.Path, "expires=99999999999&signature=")
	f.Fuzz(func(t *testing.T, method, path, query string) {
		r := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: make(http.Header), Body: http.NoBody, Host: "x"}
		answer := httptest.NewRecorder()
		b.Handler().ServeHTTP(answer, r.WithContext(t.Context()))
		require.Less(t, answer.Code, http.StatusInternalServerError)
		given := r.URL.Query()
		if answer.Code < 300 {
			require.Equal(t, u.Query().Get("signature"), given.Get("signature"))
			require.Equal(t, u.Query().Get("expires"), given.Get("expires"))
			require.Equal(t, u.Path, path)
		}
	})
}
