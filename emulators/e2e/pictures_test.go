package e2e_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/shared/catalog"
	"lastmile/shared/job"
)

func TestASyncFetchesThePicturesOfItemsOnce(t *testing.T) {
	const items = 60
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: items}, func(c *catalog.Settings) { c.Pictures = true })
	require.Equal(t, job.Done, s.sync(t).State)
	s.idle(t)
	require.Equal(t, items, s.Provider.Requests("/images"))

	found, err := s.items().Query().Limit(items).All(t.Context())
	require.NoError(t, err)
	require.Len(t, found, items)
	for _, d := range found[:5] {
		status, body, header := fetch(t, s.URL+"/v1/shops/bakery/items/"+d.Data.ID+"/picture") // and where that leads
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "image/png", header.Get("Content-Type"))
		require.Contains(t, header.Get("Cache-Control"), "immutable")
		require.True(t, strings.HasPrefix(body, "\x89PNG"))
	}

	require.Equal(t, job.Done, s.sync(t).State)
	s.idle(t)
	require.Equal(t, items, s.Provider.Requests("/images"), "the same addresses are not asked again")
}

func TestAPictureGoesWithTheItemThatShowsIt(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Provider: provider.Options{Items: 3}, Now: now})
	require.NoError(t, s.SetSecret(provider.Secret, s.Provider.Key()))
	s.configure(t, s.Provider.Settings(catalog.ByOffset, "bakery"), func(c *catalog.Settings) { c.Pictures = true })
	sync := func() {
		require.Equal(t, job.Done, s.sync(t).State)
		s.idle(t)
	}
	sync()
	found, err := s.items().Query().Limit(3).All(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 3)
	place := func(item string) (status int, address string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v1/shops/bakery/items/"+item+"/picture", nil)
		require.NoError(t, err)
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode, resp.Header.Get("Location")
	}
	gone, kept := found[0].Data.ID, found[1].Data.ID
	_, goneAt := place(gone)
	_, keptAt := place(kept)

	require.Equal(t, 1, s.Provider.Remove(gone))
	sync()
	sync() // one miss may be forgiven
	status, _ := place(gone)
	require.Equal(t, http.StatusNotFound, status, "it is not listed any more")
	ahead.Store(int64(25 * time.Hour))
	require.NoError(t, s.Scheduler.Run(t.Context(), "sweep"))
	status, _, _ = fetch(t, goneAt)
	require.Equal(t, http.StatusNotFound, status, "and a day later nothing of it is left")
	status, _, _ = fetch(t, keptAt)
	require.Equal(t, http.StatusOK, status)
}
