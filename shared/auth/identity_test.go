package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/issuer"
	"lastmile/shared/auth"
)

// provider is an issuer that counts how often its keys are asked for, and may
// refuse to tell them.
type provider struct {
	issuer http.Handler
	asked  atomic.Int32
	down   atomic.Bool
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/jwks" {
		p.asked.Add(1)
		if p.down.Load() {
			http.Error(w, "down", http.StatusInternalServerError)
			return
		}
	}
	p.issuer.ServeHTTP(w, r)
}

// trusting returns a provider, a token of ann's, and who trusts it.
func trusting(t *testing.T) (*provider, string, *auth.Identities) {
	t.Helper()
	p := &provider{}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	i, err := issuer.New(s.URL, "lastmile")
	require.NoError(t, err)
	p.issuer = i
	ann, err := i.Token("ann")
	require.NoError(t, err)
	return p, ann, auth.NewIdentities(auth.Issuer{URL: s.URL, Audience: "lastmile"})
}

func TestAnIssuerIsAskedForItsKeysOnce(t *testing.T) {
	p, ann, identities := trusting(t)
	for range 20 {
		who, err := identities.Verify(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, "ann", who.Subject)
	}
	require.EqualValues(t, 1, p.asked.Load())

	p.down.Store(true)
	_, err := identities.Verify(t.Context(), ann)
	require.NoError(t, err, "keys that are known need no issuer")
}

func TestAnIssuerThatTellsNoKeysRefusesNobody(t *testing.T) {
	p, ann, identities := trusting(t)
	p.down.Store(true)
	_, err := identities.Verify(t.Context(), ann)
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.NotErrorIs(t, err, auth.ErrRefused)

	p.down.Store(false)
	_, err = identities.Verify(t.Context(), ann)
	require.NoError(t, err)
	changed := ann[:strings.LastIndexByte(ann, '.')] + ".AAAA"
	_, err = identities.Verify(t.Context(), changed)
	require.ErrorIs(t, err, auth.ErrRefused)
}
