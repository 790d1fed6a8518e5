package stack_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
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
	require.Equal(t, http.StatusNoContent, get("/healthz", ""))
	require.Equal(t, http.StatusNoContent, get("/functions/api/healthz", ""))
	require.Equal(t, http.StatusServiceUnavailable, get("/functions/none/healthz", ""))
	require.Equal(t, http.StatusUnauthorized, get("/v1/jobs", ""))
	require.Equal(t, http.StatusUnauthorized, get("/v1/jobs", "guess"))
	require.Equal(t, http.StatusNotFound, get("/v1/none", s.Operator))
}
