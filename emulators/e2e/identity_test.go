package e2e_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
)

func TestARouteIsForThoseItNames(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	get := func(token string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v1/jobs", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode
	}
	require.Equal(t, http.StatusOK, get(s.Operator))
	require.Equal(t, http.StatusOK, get(s.Token(auth.Operator, "ann")))
	require.Equal(t, http.StatusForbidden, get(s.Token(auth.Customer, "bob")))
	require.Equal(t, http.StatusUnauthorized, get("guess"))
}
