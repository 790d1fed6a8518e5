package e2e_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
)

func TestNoRouteTakesACredentialThatIsNotGood(t *testing.T) {
	w := openMatrix(t)
	ring := w.ring(t)
	key := ed25519.NewKeyFromSeed(ring.Seed)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	live, err := w.SignIn(t.Context(), auth.Operator, "ann")
	require.NoError(t, err)
	ended, err := w.SignIn(t.Context(), auth.Operator, "bob")
	require.NoError(t, err)
	require.Less(t, w.revoke(t, ended), 300)
	sign := func(method jwt.SigningMethod, with any, session string, change func(jwt.MapClaims)) string {
		claims := jwt.MapClaims{
			"iss": "lastmile", "aud": []string{"lastmile-api"}, "sub": "operator:ann", "sid": session,
			"iat": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		}
		if change != nil {
			change(claims)
		}
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = ring.ID
		text, err := token.SignedString(with)
		require.NoError(t, err)
		return text
	}
	past := func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() }
	good, renewed := sign(jwt.SigningMethodEdDSA, key, live.Session.ID, nil), sign(jwt.SigningMethodEdDSA, key, live.Session.ID, past)
	for name, token := range map[string]string{"one that is good": good, "an expired one, of a session that goes on": renewed, "the session's handle": live.Handle} {
		require.Equal(t, http.StatusOK, w.once("GET /v1/jobs", auth.Operator, token, own).status, name)
	}
	bad := map[string]string{
		"junk":                               "a.b.c",
		"another key's":                      sign(jwt.SigningMethodEdDSA, stranger, live.Session.ID, nil),
		"nobody's":                           sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, live.Session.ID, nil),
		"signed with what is public":         sign(jwt.SigningMethodHS256, []byte(ring.Public), live.Session.ID, nil),
		"for another audience":               sign(jwt.SigningMethodEdDSA, key, live.Session.ID, func(c jwt.MapClaims) { c["aud"] = "elsewhere" }),
		"of another issuer":                  sign(jwt.SigningMethodEdDSA, key, live.Session.ID, func(c jwt.MapClaims) { c["iss"] = "elsewhere" }),
		"from the future":                    sign(jwt.SigningMethodEdDSA, key, live.Session.ID, func(c jwt.MapClaims) { c["iat"] = time.Now().Add(time.Hour).Unix() }),
		"without an end":                     sign(jwt.SigningMethodEdDSA, key, live.Session.ID, func(c jwt.MapClaims) { delete(c, "exp") }),
		"of a session that was ended":        ended.Pass.Token,
		"the handle of one that was ended":   ended.Handle,
		"expired, of one that was ended":     sign(jwt.SigningMethodEdDSA, key, ended.Session.ID, past),
		"expired, of one that there was not": sign(jwt.SigningMethodEdDSA, key, "nosession", past),
		"a handle with another's end":        live.Handle[:len(live.Handle)-2] + "xx",
	}
	for _, r := range parse(t, matrix) {
		if r.cells[""].reach == "all" {
			continue
		}
		for name, token := range bad {
			got := w.once(r.name, auth.Operator, token, own)
			require.Equal(t, http.StatusUnauthorized, got.status, "%s with a token %s: %s", r.name, name, got.body)
			require.Zero(t, got.header.Get("X-Renewed-Token"))
			require.NotContains(t, got.body, token)
		}
	}
}

// ring is the key that signs.
func (w *matrixWorld) ring(t *testing.T) auth.Key {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.Config.Secrets, auth.KeysSecret))
	require.NoError(t, err)
	ring, err := auth.ParseRing(string(text))
	require.NoError(t, err)
	return ring.Keys[0]
}

// revoke ends a session, by its own token.
func (w *matrixWorld) revoke(t *testing.T, g auth.Grant) int {
	t.Helper()
	w.names[auth.Operator]["session"] = [3]string{g.Session.ID}
	return w.once("DELETE /v1/sessions/{session}", auth.Operator, g.Pass.Token, own).status
}
