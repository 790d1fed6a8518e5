package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
)

// signing is who signs in at a stack, by the development issuer.
type signing struct {
	t *testing.T
	s *stack.Stack
}

// identity returns an identity token of the subject.
func (w signing) identity(subject string, more ...string) string {
	form := url.Values{"subject": {subject}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	resp, err := http.PostForm(w.s.Issuer+"/token", form)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	var got struct {
		Token string `json:"id_token"`
	}
	require.NoError(w.t, json.NewDecoder(resp.Body).Decode(&got))
	return got.Token
}

// exchange returns the status, and the access token of the session.
func (w signing) exchange(e auth.Entity, identity string) (int, string) {
	body := fmt.Sprintf(`{"entity":%q,"identity":%q}`, e, identity)
	resp, err := http.Post(w.s.URL+"/v1/sessions", "application/json", strings.NewReader(body))
	require.NoError(w.t, err)
	defer resp.Body.Close()
	var got struct {
		Token string `json:"token"`
	}
	require.NoError(w.t, json.NewDecoder(resp.Body).Decode(&got))
	return resp.StatusCode, got.Token
}

func (w signing) call(method, path, token string) int {
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.s.URL+path, nil)
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	return resp.StatusCode
}

func TestIdentitiesAreExchangedForSessions(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	w := signing{t, s}
	enrol := func(e auth.Entity) {
		in := map[string]any{"identities": []map[string]string{{"issuer": s.Issuer, "subject": string(e) + "-1"}}}
		require.NoError(t, s.Call(t.Context(), http.MethodPut, "/v1/accounts/"+string(e)+"/"+string(e)+"-1", in, nil))
	}
	for _, e := range []auth.Entity{auth.Courier, auth.Merchant, auth.Operator, auth.Service} {
		status, _ := w.exchange(e, w.identity(string(e)+"-1"))
		require.Equal(t, http.StatusUnauthorized, status, "a %s without an account", e)
		enrol(e)
	}
	for _, e := range []auth.Entity{auth.Customer, auth.Courier, auth.Merchant, auth.Operator, auth.Service} {
		status, token := w.exchange(e, w.identity(string(e)+"-1"))
		require.Equal(t, http.StatusCreated, status, "%s", e)
		require.Equal(t, http.StatusOK, w.call(http.MethodGet, "/v1/sessions", token), "%s", e)
		require.Equal(t, http.StatusOK, w.call(http.MethodDelete, "/v1/sessions", token), "%s", e)
		require.Equal(t, http.StatusUnauthorized, w.call(http.MethodGet, "/v1/sessions", token), "%s signed out", e)
	}
	status, first := w.exchange(auth.Operator, w.identity("ops"))
	require.Equal(t, http.StatusCreated, status, "a new stack has an operator")
	require.Equal(t, http.StatusOK, w.call(http.MethodGet, "/v1/jobs", first))

	for name, identity := range map[string]string{
		"for another audience": w.identity("ops", "audience", "elsewhere"),
		"that has expired":     w.identity("ops", "seconds", "-60"),
		"that was changed":     w.identity("ops") + "A",
		"that is ours":         first,
	} {
		status, _ := w.exchange(auth.Operator, identity)
		require.Equal(t, http.StatusUnauthorized, status, "an identity %s", name)
	}
}

// The bound is that of the test, far beyond the promise: a gateway that is only
// told by its next look at the sessions takes up to seven seconds.
func TestSigningOutClosesSocketsAtOnce(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	w := signing{t, s}
	grant, err := s.SignIn(t.Context(), auth.Customer, "bob")
	require.NoError(t, err)
	hello, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/gateway/v1/events", strings.NewReader(`{}`))
	require.NoError(t, err)
	hello.Header.Set("Authorization", "Bearer "+grant.Pass.Token)
	socket, err := http.DefaultClient.Do(hello)
	require.NoError(t, err)
	defer socket.Body.Close()
	buffer := make([]byte, 64<<10)
	n, err := socket.Body.Read(buffer)
	require.NoError(t, err)
	require.Contains(t, string(buffer[:n]), "welcome")

	start := time.Now()
	require.Equal(t, http.StatusNoContent, w.call(http.MethodDelete, "/v1/sessions/"+grant.Session.ID, grant.Pass.Token))
	text := ""
	for !strings.Contains(text, "4010") {
		n, err := socket.Body.Read(buffer)
		text += string(buffer[:n])
		if err != nil {
			break
		}
	}
	require.Contains(t, text, `"code":4010,"reason":"signed out"`, "told by the API, not found out")
	t.Logf("the socket was closed after %v", time.Since(start))
}

func TestACourierWhoIsDisabledIsSignedOut(t *testing.T) {
	b := openBakehouse(t)
	grant, err := b.SignIn(t.Context(), auth.Courier, "cyd")
	require.NoError(t, err)
	cyd := []string{"Authorization", "Bearer " + grant.Handle}
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/couriers/cyd", nil, &object{}, cyd...))
	profile := object{"name": "Cyd", "zone": "malta", "vehicle": "car", "capacity": 2, "cashLimit": 0, "disabled": true}
	require.Equal(t, http.StatusOK, b.call(t, "PUT", "/v1/couriers/cyd", profile, &object{}))
	require.Equal(t, http.StatusUnauthorized, b.call(t, "GET", "/v1/couriers/cyd", nil, &object{}, cyd...))
	_, err = b.SignIn(t.Context(), auth.Courier, "cyd")
	require.ErrorIs(t, err, auth.ErrRefused, "and does not get in again")
	profile["disabled"] = false
	require.Equal(t, http.StatusOK, b.call(t, "PUT", "/v1/couriers/cyd", profile, &object{}))
	_, err = b.SignIn(t.Context(), auth.Courier, "cyd")
	require.NoError(t, err)
}
