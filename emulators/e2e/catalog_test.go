package e2e_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/docs"
	"lastmile/shared/job"
	"lastmile/shared/logs"
)

var styles = []catalog.Style{catalog.ByOffset, catalog.ByPage, catalog.ByCursor, catalog.ByWindow}

const catalogPath = "/v1/shops/bakery/catalog"

// openCatalog returns a stack with a provider whose catalogue the shop "bakery"
// reads in a style.
func openCatalog(t testing.TB, style catalog.Style, o provider.Options, change ...func(*catalog.Settings)) *shop {
	t.Helper()
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Provider: o})
	require.NoError(t, s.SetSecret(provider.Secret, s.Provider.Key()))
	s.configure(t, s.Provider.Settings(style, "bakery"), change...)
	return s
}

// configure puts settings, whoever changed them last.
func (s *shop) configure(t testing.TB, settings catalog.Settings, change ...func(*catalog.Settings)) {
	t.Helper()
	settings.Limits.Parallelism = 8
	for _, f := range change {
		f(&settings)
	}
	var answer object
	require.Equal(t, http.StatusOK, s.call(t, "PUT", catalogPath, settings, &answer), "%v", answer)
}

// start asks for a sync.
func (s *shop) start(t testing.TB) job.ID {
	t.Helper()
	var asked struct {
		ID     job.ID
		Detail string
	}
	status := s.call(t, "POST", catalogPath+"/sync", nil, &asked)
	require.Equal(t, http.StatusAccepted, status, asked.Detail)
	return asked.ID
}

// sync runs a sync to its end.
func (s *shop) sync(t testing.TB) job.Job {
	t.Helper()
	return s.closed(t, s.start(t))
}

// listed returns the shop's items as the API lists them, by id.
func (s *shop) listed(t *testing.T, filter string) map[string]catalogdb.Item {
	t.Helper()
	all := map[string]catalogdb.Item{}
	for after := ""; ; {
		var page struct {
			Items []catalogdb.Item
			Next  string
		}
		path := "/v1/shops/bakery/items?limit=200&" + filter + "&after=" + url.QueryEscape(after)
		require.Equal(t, http.StatusOK, s.call(t, "GET", path, nil, &page))
		for _, i := range page.Items {
			require.NotContains(t, all, i.ID, "an item is listed once")
			all[i.ID] = i
		}
		if after = page.Next; after == "" {
			return all
		}
	}
}

// provided returns what the provider has, read without the platform.
func (s *shop) provided(t *testing.T) map[string]catalogdb.Item {
	t.Helper()
	settings := s.Provider.Settings(catalog.ByOffset, "bakery")
	settings.Paging.Size = 200
	client := cataloghttp.New(cataloghttp.Options{AllowPrivate: true})
	all := map[string]catalogdb.Item{}
	for r, more := (catalog.PageRef{Last: true}), true; more; {
		page, err := client.Fetch(t.Context(), settings, r, s.secret)
		require.NoError(t, err)
		for _, i := range page.Items {
			all[i.ID] = catalogdb.Item{Item: i}
		}
		r, more = settings.Next(r, page)
	}
	require.Len(t, all, s.Provider.Len())
	return all
}

func (s *shop) secret(context.Context, string) (string, error) { return s.Provider.Key(), nil }

// writes returns when each item's document was last written.
func (s *shop) writes(t *testing.T) map[string]time.Time {
	t.Helper()
	found, err := s.items().Query().Limit(100_000).All(t.Context())
	require.NoError(t, err)
	at := map[string]time.Time{}
	for _, d := range found {
		at[d.ID] = d.Updated
	}
	return at
}

// trips returns how many round trips to Firestore each page of a job took, by
// the records that the platform kept of them.
func (s *shop) trips(t *testing.T, since time.Time) (trips []int) {
	t.Helper()
	found, err := docs.In[logs.Record](s.db, "logs").Where("service", "==", "catalogpage").
		OrderBy("time", docs.Desc).Limit(10_000).All(t.Context())
	require.NoError(t, err)
	for _, d := range found {
		if d.Data.Kind != logs.KindLifecycle || d.Data.Time.Before(since) {
			continue
		}
		n := 0
		for _, c := range d.Data.TripsBy {
			if c.Name == "firestore.Commit" || c.Name == "firestore.BatchGetDocuments" || c.Name == "firestore.RunQuery" {
				n += c.Count
			}
		}
		trips = append(trips, n)
	}
	return trips
}

// pages returns the outcomes of a job's pages.
func (s *shop) pages(t *testing.T, id job.ID) []job.Page {
	t.Helper()
	pages, err := s.jobs.Pages(t.Context(), id, "", -1, 1000)
	require.NoError(t, err)
	return pages
}
