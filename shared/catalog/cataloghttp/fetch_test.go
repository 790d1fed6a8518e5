package cataloghttp_test

import (
	"compress/gzip"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog"
	"lastmile/shared/catalog/cataloghttp"
)

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func local(t *testing.T) *cataloghttp.Client {
	client := cataloghttp.New(cataloghttp.Options{AllowPrivate: true})
	t.Cleanup(client.Close)
	return client
}

func at(url string) catalog.Settings {
	return settings(func(s *catalog.Settings) {
		s.Provider.BaseURL = url
		s.Limits.Retries, s.Limits.MaxResponseBytes = -1, 1<<20
	})
}

func TestInsideAddressesAreNotSpokenTo(t *testing.T) {
	reached := false
	srv := serve(t, func(http.ResponseWriter, *http.Request) { reached = true })
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "10.0.0.1", "[fd00:ec2::254]"} {
		t.Run(host, func(t *testing.T) {
			s := at("http://" + host + ":" + port)
			s.Provider.Auth = catalog.Auth{}
			_, err := cataloghttp.New(cataloghttp.Options{}).Fetch(t.Context(), s, catalog.PageRef{}, nil)
			require.ErrorIs(t, err, cataloghttp.ErrForbidden)
			require.ErrorContains(t, err, "not public")
		})
	}
	require.False(t, reached)
}

func TestRedirects(t *testing.T) {
	var keys []string
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("X-Api-Key"))
		_, _ = w.Write([]byte(onePage))
	})
	home := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, target.URL, http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/here", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			keys = append(keys, r.Header.Get("X-Api-Key"))
			_, _ = w.Write([]byte(onePage))
		}
	})
	for name, c := range map[string]struct {
		path string
		keys []string
		want error
	}{
		"another path of the host gets the key": {"/moved", []string{"s3cret"}, nil},
		"another host does not get the key":     {"/away", []string{""}, nil},
		"a loop ends":                           {"/loop", nil, cataloghttp.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			keys = nil
			s := at(home.URL)
			s.Provider.Path = c.path
			_, err := local(t).Fetch(t.Context(), s, catalog.PageRef{}, secret)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.keys, keys)
		})
	}
}

func TestAnAnswerHasABound(t *testing.T) {
	spaces := strings.Repeat(" ", 1<<16)
	for name, write := range map[string]http.HandlerFunc{
		"plain": func(w http.ResponseWriter, _ *http.Request) {
			for range 32 {
				_, _ = w.Write([]byte(spaces))
			}
		},
		"a bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			for range 1600 {
				_, _ = zip.Write([]byte(spaces))
			}
			_ = zip.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := local(t).Fetch(t.Context(), at(serve(t, write).URL), catalog.PageRef{}, secret)
			require.ErrorIs(t, err, cataloghttp.ErrTooLarge)
			require.ErrorContains(t, err, "limits.maxResponseBytes")
		})
	}
}

func TestTheKeyIsSentAsTheSettingsSay(t *testing.T) {
	var got http.Header
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		_, _ = w.Write([]byte(onePage))
	})
	s := at(srv.URL)
	s.Provider.Auth = catalog.Auth{Header: "Authorization", Scheme: "Bearer", Secret: "corner-key"}
	_, err := local(t).Probe(t.Context(), s, secret)
	require.NoError(t, err)
	require.Equal(t, "Bearer s3cret", got.Get("Authorization"))

	s.Provider.Auth = catalog.Auth{}
	_, err = local(t).Probe(t.Context(), s, nil)
	require.NoError(t, err)
	require.Empty(t, got.Get("Authorization"))
}

func TestASecretIsNotSentInTheOpen(t *testing.T) {
	asked := false
	_, err := cataloghttp.New(cataloghttp.Options{}).Fetch(t.Context(), at("http://api.example.com"), catalog.PageRef{},
		func(context.Context, string) (string, error) { asked = true; return "s3cret", nil })
	require.ErrorIs(t, err, cataloghttp.ErrForbidden)
	require.ErrorContains(t, err, "https only")
	require.False(t, asked)
}
