package provider_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/cataloghttp"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

var kinds = map[catalog.Style]string{
	catalog.ByOffset: "/offset/products", catalog.ByPage: "/pages/products",
	catalog.ByCursor: "/cursor/products", catalog.ByWindow: "/window/products",
}

func start(t testing.TB, o provider.Options) *provider.Server {
	o.Now = func() time.Time { return now }
	srv, err := provider.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return srv
}

func key(srv *provider.Server) cataloghttp.Secrets {
	return func(_ context.Context, name string) (string, error) {
		if name != provider.Secret {
			return "", os.ErrNotExist
		}
		return srv.Key(), nil
	}
}

func newClient(t testing.TB) *cataloghttp.Client {
	client := cataloghttp.New(cataloghttp.Options{AllowPrivate: true})
	t.Cleanup(client.Close)
	return client
}

// sync reads a whole catalogue as the platform does: probe, plan, then every
// page and what follows from it.
func sync(t *testing.T, srv *provider.Server, s catalog.Settings) (pages []catalog.Page) {
	t.Helper()
	require.NoError(t, s.Validate())
	client := newClient(t)
	first, err := client.Probe(t.Context(), s, key(srv))
	require.NoError(t, err)
	total := -1
	if first.TotalKnown {
		total = first.Total
	}
	plan, err := s.Plan(total, catalog.History{Now: now.Add(time.Second)})
	require.NoError(t, err)
	require.True(t, plan.Whole)
	for todo := plan.Pages; len(todo) > 0; todo = todo[1:] {
		page, err := client.Fetch(t.Context(), s, todo[0], key(srv))
		require.NoError(t, err)
		pages = append(pages, page)
		if next, ok := s.Next(todo[0], page); ok {
			todo = slices.Insert(todo, 1, next)
		}
	}
	return pages
}

func itemsOf(t *testing.T, pages []catalog.Page) map[string]catalog.Item {
	items := map[string]catalog.Item{}
	for _, p := range pages {
		require.Empty(t, p.Bad)
		for _, i := range p.Items {
			items[i.ID] = i
		}
	}
	return items
}

func TestEveryStyleTellsOfTheSameProducts(t *testing.T) {
	real := realProducts(t)
	for name, o := range map[string]provider.Options{
		"one product":       {Items: 1},
		"a full last page":  {Items: 250},
		"a short last page": {Items: 263, Seed: 7},
		"real products":     {Products: real},
	} {
		t.Run(name, func(t *testing.T) {
			if o.Items == 0 && real == nil {
				t.Skip("no real products: set LASTMILE_TESTDATA")
			}
			srv := start(t, o)
			want := itemsOf(t, sync(t, srv, srv.Settings(catalog.ByOffset, "corner")))
			require.Len(t, want, srv.Len())
			for _, id := range srv.IDs() {
				require.Contains(t, want, id)
			}
			for kind := range kinds {
				require.Equal(t, want, itemsOf(t, sync(t, srv, srv.Settings(kind, "corner"))), "style %s", kind)
			}
		})
	}
}

// realProducts returns bestbuy-open's products, or nil if they are not here.
func realProducts(t *testing.T) []byte {
	dir := os.Getenv("LASTMILE_TESTDATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(dir, "bestbuy-open", "ecommerce-3291.json.gz"))
	if err != nil {
		return nil
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	require.NoError(t, err)
	body, err := io.ReadAll(unzip)
	require.NoError(t, err)
	return body
}

func TestTheSameSeedIsTheSameCatalogue(t *testing.T) {
	read := func(seed uint64) map[string]int64 {
		srv := start(t, provider.Options{Items: 60, Seed: seed})
		s := srv.Settings(catalog.ByPage, "corner")
		s.Fields.Image = "" // holds the address
		hashes := map[string]int64{}
		for id, item := range itemsOf(t, sync(t, srv, s)) {
			hashes[id] = item.Hash()
		}
		return hashes
	}
	require.Equal(t, read(1), read(1))
	require.NotEqual(t, read(1), read(2))
}

func TestChangesRemovalsAndInsertionsAreNoticed(t *testing.T) {
	for kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			srv := start(t, provider.Options{Items: 300})
			s, stored := srv.Settings(kind, "corner"), catalog.Manifests{}
			run := func() (written, gone []string) {
				seen := map[string]bool{}
				for _, page := range sync(t, srv, s) {
					changes := stored.Diff(page.Items)
					stored.Merge(changes.Entries)
					for _, i := range changes.Items {
						written = append(written, i.ID)
					}
					for _, id := range page.Seen() {
						seen[id] = true
					}
				}
				absence := stored.Missing(seen, s.Limits.MissesAllowed)
				stored.Merge(absence.Entries)
				return written, absence.DocIDs
			}
			written, gone := run()
			require.Len(t, written, 300)
			require.Empty(t, gone)

			written, gone = run()
			require.Empty(t, written)
			require.Empty(t, gone)

			ids := srv.Change(12)
			require.Len(t, ids, 12)
			removed := srv.IDs()[7]
			require.Equal(t, 1, srv.Remove(removed))
			ids = append(ids, srv.Insert())
			written, gone = run()
			require.ElementsMatch(t, ids, written)
			require.Equal(t, []string{catalog.DocID(removed)}, gone)

			written, gone = run()
			require.Empty(t, written)
			require.Empty(t, gone)
		})
	}
}

func TestNothingIsServedWithoutTheKey(t *testing.T) {
	srv := start(t, provider.Options{Items: 5})
	client := newClient(t)
	for kind := range kinds {
		for _, given := range []string{"", "wrong", srv.Key() + "x"} {
			_, err := client.Probe(t.Context(), srv.Settings(kind, "corner"), func(context.Context, string) (string, error) { return given, nil })
			require.ErrorIs(t, err, cataloghttp.ErrRefused, "style %s", kind)
		}
	}
}

func TestPicturesAreDrawn(t *testing.T) {
	srv := start(t, provider.Options{Items: 5})
	items := itemsOf(t, sync(t, srv, srv.Settings(catalog.ByOffset, "corner")))
	for _, item := range items {
		resp, err := http.Get(item.Image)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, "image/png", resp.Header.Get("Content-Type"))
		require.Contains(t, string(body), "PNG")
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	srv := start(t, provider.Options{Items: 5})
	for target, header := range map[string]string{
		"/offset/products?offset=-1":                   "X-Api-Key",
		"/offset/products?limit=0":                     "X-Api-Key",
		"/offset/products?limit=9999":                  "X-Api-Key",
		"/pages/products?page=0":                       "Authorization",
		"/cursor/products?after=%2F":                   "X-Access-Token",
		"/cursor/products?after=eA":                    "X-Access-Token",
		"/window/products":                             "X-Auth-Token",
		"/window/products?updated_from=1&updated_to=x": "X-Auth-Token",
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL()+target, http.NoBody)
		require.NoError(t, err)
		req.Header.Set(header, srv.Key())
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		var problem struct{ Error string }
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&problem))
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, target)
		require.NotEmpty(t, problem.Error)
	}
}

func TestARestartKeepsItsAddress(t *testing.T) {
	first, err := provider.Start(provider.Options{Items: 5})
	require.NoError(t, err)
	_, err = provider.Start(provider.Options{Addr: first.Addr()})
	require.ErrorContains(t, err, "start provider")
	require.NoError(t, first.Close())
	second, err := provider.Start(provider.Options{Addr: first.Addr(), Items: 5})
	require.NoError(t, err)
	require.Equal(t, first.Addr(), second.Addr())
	require.NoError(t, second.Close())
}

func BenchmarkFetchAPageOf25(b *testing.B) {
	srv := start(b, provider.Options{Items: 11_125})
	client := newClient(b)
	for kind := range kinds {
		s := srv.Settings(kind, "corner")
		b.Run(string(kind), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Probe(b.Context(), s, key(srv)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
