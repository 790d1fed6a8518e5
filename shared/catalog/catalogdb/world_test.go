package catalogdb_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is a database and a store in it.
type world struct {
	server *firestore.Server
	db     *docs.DB
	store  *catalogdb.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	indexes, err := json.Marshal(map[string]any{"indexes": catalogdb.Indexes()})
	require.NoError(t, err)
	server, err := firestore.Start(firestore.Options{Indexes: indexes})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &world{server: server, db: db, store: catalogdb.New(db)}
}

func settings(shop string) catalog.Settings { return catalog.Settings{Shop: shop, Active: true} }

// storeItems stores items as a page does, and returns how many it wrote.
func (w *world) storeItems(t *testing.T, items []catalog.Item) (changed int) {
	t.Helper()
	c := w.store.Compare("bakery", items)
	require.NoError(t, w.db.Fetch(t.Context(), c.Fetchers()...))
	writes, changed, unchanged := c.Writes()
	require.Equal(t, len(items), changed+unchanged)
	require.NoError(t, w.db.Commit(t.Context(), writes...))
	return changed
}

func some(n int) []catalog.Item {
	items := make([]catalog.Item, n)
	for i := range items {
		items[i] = catalog.Item{ID: fmt.Sprintf("item %d", i), Name: "bread", Price: catalog.Money{Amount: int64(i), Currency: "EUR"}, Available: true}
	}
	return items
}

// seen is what a sync of items saw.
func seen(t *testing.T, items []catalog.Item) *catalog.Seen {
	t.Helper()
	var s catalog.Seen
	require.NoError(t, s.Add(catalog.Sighting{At: now, DocIDs: catalog.Page{Items: items}.Seen()}.Pack()))
	return &s
}

// available returns which items are.
func (w *world) available(t *testing.T, shop string) map[string]bool {
	t.Helper()
	yes, all := true, map[string]bool{}
	for after := ""; ; {
		found, err := w.store.Items(t.Context(), shop, catalogdb.ItemQuery{Available: &yes, After: after, Limit: 500})
		require.NoError(t, err)
		for _, i := range found {
			require.Zero(t, i.Delisted)
			all[i.ID], after = true, i.ID
		}
		if len(found) < 500 {
			return all
		}
	}
}
