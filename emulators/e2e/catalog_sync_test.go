package e2e_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
	"lastmile/emulators/race"
	"lastmile/shared/catalog"
	"lastmile/shared/job"
)

// The life of a catalogue, however its provider divides it.
func TestASyncMakesTheShopWhatTheProviderIs(t *testing.T) {
	for _, style := range styles {
		t.Run(string(style), func(t *testing.T) {
			t.Parallel()
			catalogue(t, style)
		})
	}
}

func catalogue(t *testing.T, style catalog.Style) {
	const n = 260
	// An image holds the provider's address, which changes below.
	plain := func(c *catalog.Settings) { c.Paging.Windows.Incremental, c.Fields.Image = false, "" }
	s := openCatalog(t, style, provider.Options{Items: n, Seed: 3}, plain)
	want := func() map[string]bool {
		ids := map[string]bool{}
		for _, id := range s.Provider.IDs() {
			ids[id] = true
		}
		return ids
	}

	first := s.sync(t)
	require.Equal(t, job.Done, first.State, first.Cause)
	require.Equal(t, job.Counts{Read: n, Changed: n}, first.Tally.Counts)
	require.Equal(t, n, len(s.listed(t, "")))

	before, at := s.writes(t), time.Now()
	again := s.sync(t)
	require.Equal(t, job.Counts{Read: n, Unchanged: n}, again.Tally.Counts)
	require.Equal(t, before, s.writes(t), "an unchanged item is not written")
	trips := s.trips(t, at)
	require.Len(t, trips, again.Tally.Pages)
	for _, trips := range trips {
		require.LessOrEqual(t, trips, 2, "round trips of a page")
	}

	changed := s.Provider.Change(7)
	gone := s.Provider.IDs()[100:103]
	require.Equal(t, 3, s.Provider.Remove(gone...))
	s.Provider.Insert()
	third := s.sync(t)
	require.Equal(t, job.Done, third.State, third.Cause)
	require.Equal(t, len(changed)+1+3, third.Tally.Changed)
	listed := s.listed(t, "")
	for id := range want() {
		require.Contains(t, listed, id)
		require.Zero(t, listed[id].Delisted)
	}
	for _, id := range gone {
		require.False(t, listed[id].Available)
		require.NotZero(t, listed[id].Delisted)
		require.NotEmpty(t, listed[id].Name, "the rest of the item stays")
	}

	// Another provider, with the three items that went: the same settings but
	// for the address.
	other, err := provider.Start(provider.Options{Items: n, Seed: 3})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	s.configure(t, other.Settings(style, "bakery"), plain)
	fourth := s.sync(t)
	require.Equal(t, job.Done, fourth.State, fourth.Cause)
	require.Equal(t, 3+len(changed)+1, fourth.Tally.Changed, "returned, changed back, and gone again")
	listed = s.listed(t, "")
	for _, id := range gone {
		require.Zero(t, listed[id].Delisted)
	}
}

func TestEveryFieldArrives(t *testing.T) {
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: 120})
	require.Equal(t, job.Done, s.sync(t).State)
	provided := s.provided(t)
	require.Equal(t, provided, s.listed(t, ""))

	bakery := map[string]bool{}
	for id, i := range provided {
		if i.Available && i.Category == "Bakery" {
			bakery[id] = true
		}
	}
	found := s.listed(t, "available=true&category=Bakery")
	require.Len(t, found, len(bakery))
	for id := range found {
		require.Contains(t, bakery, id)
	}
}

func TestAnIncrementalSyncAsksForChangesOnly(t *testing.T) {
	s := openCatalog(t, catalog.ByWindow, provider.Options{Items: 200}, func(c *catalog.Settings) { c.Paging.Windows.OverlapSeconds = 60 })
	whole := s.sync(t)
	require.True(t, whole.Plan.Whole)
	changed := s.Provider.Change(5)
	gone := s.Provider.IDs()[50]
	s.Provider.Remove(gone)

	some := s.sync(t)
	require.Equal(t, job.Done, some.State, some.Cause)
	require.False(t, some.Plan.Whole)
	require.Equal(t, 1, some.Tally.Pages)
	require.Equal(t, len(changed), some.Tally.Changed)
	require.Zero(t, s.listed(t, "")[gone].Delisted, "what was not asked for is not missing")

	s.configure(t, s.Provider.Settings(catalog.ByWindow, "bakery"))
	all := s.sync(t)
	require.Equal(t, job.Done, all.State, all.Cause)
	require.True(t, all.Plan.Whole, "new settings may read every item otherwise")
	require.NotZero(t, s.listed(t, "")[gone].Delisted)
}

func TestRealProductsAreSyncedInEveryStyle(t *testing.T) {
	body := realProducts(t)
	for _, style := range styles {
		t.Run(string(style), func(t *testing.T) {
			t.Parallel()
			s := openCatalog(t, style, provider.Options{Products: body}, func(c *catalog.Settings) { c.Paging.Size = 100 })
			j := s.sync(t)
			require.Equal(t, job.Done, j.State, j.Cause)
			require.Equal(t, s.Provider.Len(), j.Tally.Changed)
			provided, listed := s.provided(t), s.listed(t, "")
			require.Len(t, listed, len(provided))
			for id, want := range provided {
				got := listed[id]
				require.Equal(t, want.Name, got.Name)
				require.Equal(t, want.Price, got.Price)
				require.Equal(t, want.Stock, got.Stock)
				require.Equal(t, want.Available, got.Available)
				require.Equal(t, want.Description, got.Description)
			}
			require.Zero(t, s.sync(t).Tally.Changed)
		})
	}
}

// realProducts returns products of bestbuy-open.
func realProducts(t *testing.T) []byte {
	dir := os.Getenv("LASTMILE_TESTDATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(dir, "bestbuy-open", "ecommerce-3291.json.gz"))
	if err != nil {
		t.Skipf("no real products: set LASTMILE_TESTDATA (%v)", err)
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	require.NoError(t, err)
	var products []json.RawMessage
	require.NoError(t, json.NewDecoder(unzip).Decode(&products))
	body, err := json.Marshal(products[:race.Fewer(len(products), 400)])
	require.NoError(t, err)
	return body
}
