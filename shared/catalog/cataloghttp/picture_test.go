package cataloghttp_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog/cataloghttp"
)

func TestAPictureIsFetchedUnlessItIsTheSame(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "picture")
	})
	p, err := local(t).Picture(t.Context(), srv.URL, cataloghttp.Validators{})
	require.NoError(t, err)
	content, err := io.ReadAll(p.Body)
	require.NoError(t, err)
	require.NoError(t, p.Body.Close())
	require.Equal(t, "picture", string(content))
	again, err := local(t).Picture(t.Context(), srv.URL, p.Validators)
	require.NoError(t, err)
	require.Nil(t, again.Body)
	require.Equal(t, p.Validators, again.Validators)
}

func TestWhyAPictureCannotBeHad(t *testing.T) {
	for status, want := range map[int]error{
		http.StatusNotFound:            cataloghttp.ErrRefused,
		http.StatusForbidden:           cataloghttp.ErrRefused,
		http.StatusTooManyRequests:     cataloghttp.ErrUnavailable,
		http.StatusServiceUnavailable:  cataloghttp.ErrUnavailable,
		http.StatusInternalServerError: cataloghttp.ErrUnavailable,
	} {
		srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, err := local(t).Picture(t.Context(), srv.URL, cataloghttp.Validators{})
		require.ErrorIs(t, err, want, http.StatusText(status))
	}
}

func TestPicturesInsideAreNotFetched(t *testing.T) {
	reached := false
	srv := serve(t, func(http.ResponseWriter, *http.Request) { reached = true })
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")
	outside := cataloghttp.New(cataloghttp.Options{})
	t.Cleanup(outside.Close)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"} {
		_, err := outside.Picture(t.Context(), "http://"+host+":"+port+"/x.png", cataloghttp.Validators{})
		require.ErrorIs(t, err, cataloghttp.ErrForbidden, host)
	}
	require.False(t, reached)
}
