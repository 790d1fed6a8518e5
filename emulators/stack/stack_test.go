package stack_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/gateway/server"
	"lastmile/shared/realtime"
)

func TestAStackServesItsFunctions(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()

	get := func(path, token string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		require.NoError(t, err)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode
	}
	require.Equal(t, http.StatusNoContent, get("/health", ""))
	require.Equal(t, http.StatusNoContent, get("/functions/api/health", ""))
	require.Equal(t, http.StatusServiceUnavailable, get("/functions/none/health", ""))
	require.Equal(t, http.StatusUnauthorized, get("/v1/jobs", ""))
	require.Equal(t, http.StatusUnauthorized, get("/v1/jobs", "guess"))
	require.Equal(t, http.StatusNotFound, get("/v1/none", s.Operator))
}

func TestWhoWatchesACourierSeesItMove(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 3})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	pass, err := s.Pass(server.Identity{Client: realtime.Client("customer", "ann"), Topics: []string{"courier:7"}})
	require.NoError(t, err)

	frames := post(t, s.URL+"/gateway/v1/events", pass, `{"topics":{"courier:7":null}}`)
	defer frames.Body.Close()
	require.Equal(t, http.StatusOK, frames.StatusCode)
	lines := bufio.NewScanner(frames.Body)
	seen := func(what string) {
		for lines.Scan() {
			if strings.Contains(lines.Text(), what) {
				return
			}
		}
		t.Fatalf("the stream ended without %s: %v", what, lines.Err())
	}
	seen(`"joined"`)
	fix := `{"fixes":[{"at":"` + time.Now().UTC().Format(time.RFC3339) + `","seq":1,"lat":35.9,"lng":14.5}]}`
	answer := post(t, s.URL+"/v1/couriers/7/locations", s.Operator, fix)
	defer answer.Body.Close()
	require.Less(t, answer.StatusCode, 300)
	seen("courier.moved")
}

func post(t *testing.T, url, token, body string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	return resp
}
