package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
)

func TestSessionsFromSignInToTheirEnd(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	call := func(method, path, token, body string) (*http.Response, map[string]any) {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		answer := map[string]any{}
		_ = json.NewDecoder(resp.Body).Decode(&answer) // some answers are empty
		return resp, answer
	}
	status := func(method, path, token string) int {
		resp, _ := call(method, path, token, "")
		return resp.StatusCode
	}
	bob, err := s.SignIn(t.Context(), auth.Customer, "bob")
	require.NoError(t, err)
	eve := s.Token(auth.Customer, "eve")

	require.Equal(t, http.StatusOK, status(http.MethodGet, "/v1/jobs", s.Operator))
	require.Equal(t, http.StatusOK, status(http.MethodGet, "/v1/jobs", s.Token(auth.Operator, "ann")))
	require.Equal(t, http.StatusForbidden, status(http.MethodGet, "/v1/jobs", bob.Pass.Token))
	require.Equal(t, http.StatusUnauthorized, status(http.MethodGet, "/v1/jobs", "guess"))

	renewed, mine := call(http.MethodGet, "/v1/sessions", bob.Handle, "")
	require.Equal(t, http.StatusOK, renewed.StatusCode)
	require.NotEmpty(t, renewed.Header.Get("X-Renewed-Token"), "a handle is worth a token")
	require.Equal(t, bob.Session.ID, mine["current"])
	require.Len(t, mine["sessions"], 1)
	_, keys := call(http.MethodGet, "/.well-known/jwks.json", "", "")
	require.Len(t, keys["keys"], 1)

	hello, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/gateway/v1/events", strings.NewReader(`{"topics":{"job:1":null}}`))
	require.NoError(t, err)
	hello.Header.Set("Authorization", "Bearer "+bob.Pass.Token)
	socket, err := http.DefaultClient.Do(hello)
	require.NoError(t, err)
	defer socket.Body.Close()
	require.Equal(t, http.StatusOK, socket.StatusCode)

	end := "/v1/sessions/" + bob.Session.ID
	require.Equal(t, http.StatusNotFound, status(http.MethodDelete, end, eve), "another's session is not there")
	require.Equal(t, http.StatusNoContent, status(http.MethodDelete, end, bob.Pass.Token))
	require.Equal(t, http.StatusUnauthorized, status(http.MethodGet, "/v1/sessions", bob.Pass.Token))
	require.Equal(t, http.StatusUnauthorized, status(http.MethodGet, "/v1/sessions", bob.Handle))
	frames := make(chan string, 1)
	go func() {
		var text strings.Builder
		buffer := make([]byte, 4096)
		for {
			n, err := socket.Body.Read(buffer)
			text.Write(buffer[:n])
			if err != nil {
				frames <- text.String()
				return
			}
		}
	}()
	select {
	case text := <-frames:
		require.Contains(t, text, `"welcome"`)
		require.Contains(t, text, `"refused"`, "what is not a customer's to watch")
		require.Contains(t, text, "4010")
	case <-time.After(time.Minute):
		t.Fatal("the socket of a session that was ended stays open")
	}
	disabled, _ := call(http.MethodPut, "/v1/accounts/customer/eve", s.Operator, `{"disabled":true}`)
	require.Equal(t, http.StatusNoContent, disabled.StatusCode)
	require.Equal(t, http.StatusUnauthorized, status(http.MethodGet, "/v1/sessions", eve))
}
