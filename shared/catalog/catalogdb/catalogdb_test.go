package catalogdb_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/race"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/logs"
)

func TestOfEditorsAtOnceOneWins(t *testing.T) {
	w := newWorld(t)
	_, err := w.store.Put(t.Context(), settings("bakery"), 0, "ann", now)
	require.NoError(t, err)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() { _, errs[i] = w.store.Put(t.Context(), settings("bakery"), 1, fmt.Sprint("editor ", i), now) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, catalogdb.ErrStale)
	}
	require.Equal(t, 1, won)
	versions, err := w.store.History(t.Context(), "bakery", 0, 10)
	require.NoError(t, err)
	require.Len(t, versions, 2)
}

func TestSyncsDoNotStandInTheWayOfEditors(t *testing.T) {
	w := newWorld(t)
	c, err := w.store.Put(t.Context(), settings("bakery"), 0, "ann", now)
	require.NoError(t, err)
	require.NoError(t, w.store.Begin(t.Context(), "bakery", catalogdb.Sync{Job: "1", Started: now}))
	c, err = w.store.Put(t.Context(), settings("bakery"), c.Current.Version, "bob", now)
	require.NoError(t, err)
	require.Equal(t, "1", c.Syncs.Last.Job, "nor editors in the way of syncs")
	stored, err := w.store.Get(t.Context(), "bakery")
	require.NoError(t, err)
	require.Equal(t, c, stored)
}

func TestAVersionIsReadOnce(t *testing.T) {
	w := newWorld(t)
	_, err := w.store.Put(t.Context(), settings("bakery"), 0, "ann", now)
	require.NoError(t, err)
	ctx := logs.CountTrips(t.Context())
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			s, err := w.store.Settings(ctx, "bakery", 1)
			if err != nil || s.Shop != "bakery" {
				t.Errorf("settings %v, error %v", s, err)
			}
		})
	}
	wait.Wait()
	trips, _ := logs.Trips(ctx).Total()
	require.Equal(t, 1, trips)
	for range 2 {
		_, err = w.store.Settings(ctx, "bakery", 2)
		require.ErrorIs(t, err, catalogdb.ErrNoCatalog, "what is not there may come")
	}
}

func TestOnlyActiveCataloguesAreListed(t *testing.T) {
	w := newWorld(t)
	for i := range 450 {
		s := settings(fmt.Sprintf("shop-%03d", i))
		s.Active = i%2 == 0
		_, err := w.store.Put(t.Context(), s, 0, "ann", now)
		require.NoError(t, err)
	}
	var shops []string
	parts := 0
	require.NoError(t, w.store.Active(t.Context(), func(found []catalogdb.Catalog) error {
		parts++
		for _, c := range found {
			shops = append(shops, c.Current.Settings.Shop)
		}
		return nil
	}))
	require.Len(t, shops, 225)
	require.Len(t, slices.Compact(shops), 225)
	require.Equal(t, 2, parts)
}

func TestWhatIsMissing(t *testing.T) {
	missing := race.Fewer(500, 100)
	items := some(4 * missing)
	listed := items[:3*missing]
	run := catalogdb.Run{Shop: "bakery", Job: "1", Started: now, Whole: true}
	t.Run("is marked once, over many commits", func(t *testing.T) {
		w := newWorld(t)
		w.storeItems(t, items)
		marked, err := w.store.Complete(t.Context(), run, seen(t, listed), now)
		require.NoError(t, err)
		require.Equal(t, missing, marked)
		require.Len(t, w.available(t, "bakery"), 3*missing)
		marked, err = w.store.Complete(t.Context(), run, seen(t, listed), now)
		require.NoError(t, err)
		require.Zero(t, marked)
		require.Equal(t, missing, w.storeItems(t, items), "what comes back is written again")
		require.Len(t, w.available(t, "bakery"), 4*missing)
	})
	t.Run("stays while the sync did not ask for everything", func(t *testing.T) {
		w := newWorld(t)
		w.storeItems(t, items)
		some := run
		some.Whole = false
		marked, err := w.store.Complete(t.Context(), some, seen(t, listed), now)
		require.NoError(t, err)
		require.Zero(t, marked)
		c, err := w.store.Get(t.Context(), "bakery")
		require.NoError(t, err)
		require.Equal(t, catalogdb.Sync{Job: "1", Started: now, Oldest: now, Finished: now}, c.Syncs.Complete)
		require.Zero(t, c.Syncs.Whole)
	})
	t.Run("stays while an item has no name to go by", func(t *testing.T) {
		w := newWorld(t)
		w.storeItems(t, items)
		s := seen(t, listed)
		require.NoError(t, s.Add(catalog.Sighting{At: now, Nameless: 1}.Pack()))
		marked, err := w.store.Complete(t.Context(), run, s, now)
		require.NoError(t, err)
		require.Zero(t, marked)
	})
	t.Run("is forgiven once where the settings say so, whatever dies", func(t *testing.T) {
		w := newWorld(t)
		w.storeItems(t, items)
		first := run
		first.MissesAllowed = 1
		w.dies(t, first, seen(t, listed))
		require.Len(t, w.available(t, "bakery"), 4*missing)
		second := first
		second.Job = "2"
		w.dies(t, second, seen(t, listed))
		require.Len(t, w.available(t, "bakery"), 3*missing)
	})
}

// dies completes a run that dies after every commit or two.
func (w *world) dies(t *testing.T, r catalogdb.Run, s *catalog.Seen) {
	t.Helper()
	for range 200 {
		remove := w.server.Faults.Add(fault.Rule{Method: "Commit", Skip: 1, Times: 1, Code: codes.PermissionDenied, After: true})
		_, err := w.store.Complete(t.Context(), r, s, now)
		remove()
		if err == nil {
			return
		}
	}
	require.Fail(t, "it never completes")
}

func TestItemsOfOneBucketAreMarkedInBatches(t *testing.T) {
	w := newWorld(t)
	var crowd []catalog.Item
	for i := 0; len(crowd) < 900; i++ {
		item := catalog.Item{ID: fmt.Sprint("x", i), Name: "bread", Price: catalog.Money{Currency: "EUR"}, Available: true}
		if catalog.Bucket(item.ID) == 5 {
			crowd = append(crowd, item)
		}
	}
	w.storeItems(t, crowd)
	marked, err := w.store.Complete(t.Context(), catalogdb.Run{Shop: "bakery", Job: "1", Started: now, Whole: true}, seen(t, crowd[:1]), now)
	require.NoError(t, err)
	require.Equal(t, 899, marked)
	require.Len(t, w.available(t, "bakery"), 1)
}

func TestAnItemThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	_, err := w.store.Item(t.Context(), "bakery", "none")
	require.True(t, errors.Is(err, catalogdb.ErrNoItem))
	_, err = w.store.Get(t.Context(), "none")
	require.ErrorIs(t, err, catalogdb.ErrNoCatalog)
}
