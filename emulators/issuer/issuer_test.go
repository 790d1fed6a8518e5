package issuer_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/issuer"
	"lastmile/shared/auth"
)

func start(t *testing.T, audience string) (*issuer.Issuer, string) {
	t.Helper()
	var i *issuer.Issuer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { i.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	i, err := issuer.New(server.URL, audience)
	require.NoError(t, err)
	return i, server.URL
}

func TestItsTokensSignIn(t *testing.T) {
	i, at := start(t, "lastmile")
	trusted, err := auth.ParseIssuers(i.Trusted())
	require.NoError(t, err)
	resp, err := http.PostForm(at+"/token", url.Values{"subject": {"ada"}})
	require.NoError(t, err)
	defer resp.Body.Close()
	var got struct {
		Token string `json:"id_token"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&got))
	who, err := auth.NewIdentities(trusted...).Verify(t.Context(), got.Token)
	require.NoError(t, err)
	require.Equal(t, auth.Identity{Issuer: at, Subject: "ada"}, who)
}

func TestTheTokenOfAnotherKeyIsRefused(t *testing.T) {
	i, at := start(t, "lastmile")
	forger, err := issuer.New(at, "lastmile")
	require.NoError(t, err)
	trusted, err := auth.ParseIssuers(i.Trusted())
	require.NoError(t, err)
	forged, err := forger.Token("ada")
	require.NoError(t, err)
	_, err = auth.NewIdentities(trusted...).Verify(t.Context(), forged)
	require.ErrorIs(t, err, auth.ErrRefused)
}

func TestNobodyGetsNoToken(t *testing.T) {
	_, at := start(t, "lastmile")
	resp, err := http.PostForm(at+"/token", nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

func TestWhoIsElsewhereGetsNoToken(t *testing.T) {
	i, err := issuer.New("http://127.0.0.1:1", "lastmile")
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		from, host string
		want       int
	}{
		"from this machine":                   {"127.0.0.1:5", "localhost:8080", http.StatusOK},
		"from another":                        {"192.0.2.7:5", "127.0.0.1:8080", http.StatusForbidden},
		"from a page whose name leads hither": {"127.0.0.1:5", "evil.example:8080", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/jwks", nil)
			r.RemoteAddr, r.Host = tt.from, tt.host
			w := httptest.NewRecorder()
			i.ServeHTTP(w, r)
			require.Equal(t, tt.want, w.Code)
		})
	}
}
