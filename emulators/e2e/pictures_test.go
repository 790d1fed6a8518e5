package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
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
