package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/console"
)

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	f, err := console.New()
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}

func TestWhoHasAFileIsNotSentItAgain(t *testing.T) {
	for name, encoding := range map[string]string{"as it is": "", "packed": "gzip", "packed, among others": "br, gzip;q=0.8"} {
		t.Run(name, func(t *testing.T) {
			first := get(t, "/", "Accept-Encoding", encoding)
			require.Equal(t, http.StatusOK, first.StatusCode)
			require.Equal(t, "text/html; charset=utf-8", first.Header.Get("Content-Type"))
			tag := first.Header.Get("ETag")
			require.Regexp(t, `^"[0-9a-f]{16}(-gzip)?"$`, tag)
			again := get(t, "/", "Accept-Encoding", encoding, "If-None-Match", `"other", `+tag)
			require.Equal(t, http.StatusNotModified, again.StatusCode)
			require.Empty(t, read(t, again))
		})
	}
	require.NotEqual(t, get(t, "/").Header.Get("ETag"), get(t, "/", "Accept-Encoding", "gzip").Header.Get("ETag"))
	require.Equal(t, http.StatusOK, get(t, "/", "Accept-Encoding", "gzip;q=0").StatusCode)
}

func TestWhatIsNotThere(t *testing.T) {
	require.Equal(t, http.StatusNotFound, get(t, "/../function.go").StatusCode)
	require.Equal(t, http.StatusNotFound, get(t, "/none").StatusCode)
	require.Equal(t, http.StatusNoContent, get(t, "/health").StatusCode)
}

// The policy refuses them too: here they are found before a browser opens the page.
func TestThePageLoadsNothingFromElsewhere(t *testing.T) {
	foreign := regexp.MustCompile(`(?i)(src|href)="?(https?:)?//|@import|url\(|style="|<style|onclick=|<script>|eval\(|innerHTML`)
	for _, path := range console.Files(t) {
		text := read(t, get(t, path))
		require.NotRegexp(t, foreign, text, path)
	}
}
