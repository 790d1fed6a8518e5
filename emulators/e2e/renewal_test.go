package e2e_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
)

// shortToken is an access token of a session that is good for some seconds only.
func (s *shop) shortToken(t *testing.T, e auth.Entity, id string, life time.Duration) string {
	t.Helper()
	grant, err := s.SignIn(t.Context(), e, id)
	require.NoError(t, err)
	keys := auth.NewKeys(func(context.Context) (string, error) {
		text, err := os.ReadFile(filepath.Join(s.Config.Secrets, auth.KeysSecret))
		return string(text), err
	}, nil)
	token, err := auth.NewTokens(keys).Issue(t.Context(), auth.Caller{Entity: e, ID: id, Session: grant.Session.ID}, time.Now(), life)
	require.NoError(t, err)
	return token
}

func TestATokenThatExpiresIsRenewedInFlight(t *testing.T) {
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	const life = 2 * time.Second
	token := s.shortToken(t, auth.Customer, "ann", life)
	socket := s.socket(t, token, object{})
	next := ""
	for next == "" {
		var frame struct{ Renewed struct{ Token string } }
		require.NoError(t, socket.ReadJSON(&frame), "the socket stays open")
		next = frame.Renewed.Token
	}
	require.NotEqual(t, token, next)
	for name, bearer := range map[string]string{"the new token": next, "the old one": token} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v1/sessions", nil)
		require.NoError(t, err)
		q.Header.Set("Authorization", "Bearer "+bearer)
		resp, err := http.DefaultClient.Do(q)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, name)
		require.Equal(t, bearer == token, resp.Header.Get("X-Renewed-Token") != "", name)
	}
}

func TestSessionsAndRatesOnEachRedis(t *testing.T) {
	for engine, embedded := range map[string]bool{"miniredis": true, "redis-server": false} {
		t.Run(engine, func(t *testing.T) {
			if _, err := exec.LookPath("redis-server"); err != nil && !embedded {
				t.Skip("no redis-server on PATH: apt-get install redis-server")
			}
			s := open(t, stack.Options{Quiet: true, EmbeddedRedis: embedded})
			bearer := func(token string) []string { return []string{"Authorization", "Bearer " + token} }
			expired := bearer(s.shortToken(t, auth.Courier, "cyd", -time.Second))
			require.Equal(t, http.StatusOK, s.call(t, "GET", "/v1/sessions", nil, &object{}, expired...), "a session that goes on renews its token")
			require.Equal(t, http.StatusOK, s.call(t, "DELETE", "/v1/sessions?entity=courier&id=cyd", nil, &object{}))
			require.Equal(t, http.StatusUnauthorized, s.call(t, "GET", "/v1/sessions", nil, &object{}, expired...), "one that was revoked does not")

			ann := bearer(s.Token(auth.Customer, "ann"))
			s.until(t, "who calls too often is told", func() bool {
				resp, err := s.send(t.Context(), request{"POST", "/v1/carts/validate", object{}, ann})
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				if resp.StatusCode != http.StatusTooManyRequests {
					require.Equal(t, http.StatusUnprocessableEntity, resp.StatusCode)
					return false
				}
				wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
				require.NoError(t, err)
				return wait > 0
			})
			bob := bearer(s.Token(auth.Customer, "bob"))
			require.Equal(t, http.StatusUnprocessableEntity, s.call(t, "POST", "/v1/carts/validate", object{}, &object{}, bob...), "others are not concerned")
		})
	}
}
