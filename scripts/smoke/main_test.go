package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func plain(context.Context, string) (*http.Client, error) { return http.DefaultClient, nil }

func TestSmoke(t *testing.T) {
	var called atomic.Int32
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called.Add(1)
		if r.URL.Path != "/health" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer well.Close()
	ill := httptest.NewServer(http.NotFoundHandler())
	defer ill.Close()

	require.NoError(t, smoke(t.Context(), []string{well.URL, well.URL}, plain))
	require.EqualValues(t, 2, called.Load())

	stopped, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorContains(t, smoke(stopped, []string{ill.URL}, plain), ill.URL)
	require.Error(t, smoke(t.Context(), nil, plain), "nothing to call proves nothing")
}

func TestTheAudienceIsTheServiceItself(t *testing.T) {
	require.Equal(t, "https://api-12.europe-west1.run.app", audience("https://c-1a2b---api-12.europe-west1.run.app"))
	require.Equal(t, "https://api-12.europe-west1.run.app", audience("https://api-12.europe-west1.run.app"))
}
