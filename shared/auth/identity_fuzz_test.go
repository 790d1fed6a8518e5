package auth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/issuer"
	"lastmile/shared/auth"
)

// Nothing but what a trusted issuer has signed is an identity, and no text makes us
// ask another.
func FuzzVerify(f *testing.F) {
	var trusted http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { trusted.ServeHTTP(w, r) }))
	f.Cleanup(s.Close)
	i, err := issuer.New(s.URL, "lastmile")
	require.NoError(f, err)
	trusted = i
	ann, err := i.Token("ann")
	require.NoError(f, err)
	f.Add(ann)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("a.b.c")
	identities := auth.NewIdentities(auth.Issuer{URL: s.URL, Audience: "lastmile"})
	f.Fuzz(func(t *testing.T, token string) {
		who, err := identities.Verify(t.Context(), token)
		if err != nil {
			require.ErrorIs(t, err, auth.ErrRefused)
			return
		}
		require.Equal(t, auth.Identity{Issuer: s.URL, Subject: "ann"}, who)
	})
}
