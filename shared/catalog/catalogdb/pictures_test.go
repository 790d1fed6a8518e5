package catalogdb_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/bus"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

// asked notes the pictures that are asked for.
type asked struct{ sources []string }

func (a *asked) Send(_ context.Context, messages ...bus.Message) error {
	for _, m := range messages {
		var e event.ItemPicture
		if err := json.Unmarshal(m.Data, &e); err != nil {
			return err
		}
		a.sources = append(a.sources, e.Source)
	}
	return nil
}

func TestPicturesAreAskedForOnce(t *testing.T) {
	w := newWorld(t)
	to := &asked{}
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: w.server.Addr(), Publisher: to, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	w.db, w.store = db, catalogdb.New(db)

	rye := catalog.Item{ID: "rye", Name: "Rye", Available: true, Image: "https://x.example/rye.jpg"}
	bun := catalog.Item{ID: "bun", Name: "Bun", Available: true, Image: "http://x.example/bun.jpg"}
	sync := func(items ...catalog.Item) []string {
		to.sources = nil
		c := w.store.Compare("bakery", items)
		require.NoError(t, db.Fetch(t.Context(), c.Fetchers()...))
		writes, _, _ := c.Writes()
		if writes = append(writes, c.Pictures()...); len(writes) > 0 {
			require.NoError(t, db.Commit(t.Context(), writes...))
		}
		return slices.Sorted(slices.Values(to.sources))
	}
	at := func(i catalog.Item, image string) catalog.Item {
		i.Image = image
		return i
	}
	complete := func(job string, items ...catalog.Item) {
		_, err := w.store.Complete(t.Context(), catalogdb.Run{Shop: "bakery", Job: job, Started: now, Whole: true}, seen(t, items), now)
		require.NoError(t, err)
	}
	shows := func(image string) bool {
		yes, err := w.store.Shows(t.Context(), "bakery", image)
		require.NoError(t, err)
		return yes
	}

	require.Equal(t, []string{bun.Image, rye.Image}, sync(rye, bun))
	require.Empty(t, sync(rye, bun), "the same ones")
	cake := catalog.Item{ID: "cake", Name: "Cake", Image: bun.Image}
	roll := catalog.Item{ID: "roll", Name: "Roll", Image: bun.Image}
	require.Equal(t, []string{bun.Image}, sync(cake, roll), "of two items that show it, one event")
	require.Equal(t, []string{"https://x.example/new.jpg"}, sync(at(rye, "https://x.example/new.jpg")), "another address")
	require.False(t, shows(rye.Image))
	require.True(t, shows("https://x.example/new.jpg"))
	require.Empty(t, sync(at(rye, "data:image/png;base64,AA==")), "what is not of the web is not fetched")
	require.Empty(t, sync(at(rye, "")), "no picture any more")
	require.Equal(t, []string{rye.Image}, sync(rye), "and one again")

	complete("1", bun, cake, roll)
	require.False(t, shows(rye.Image), "what is not listed shows nothing")
	require.True(t, shows(bun.Image))
	require.Equal(t, []string{rye.Image}, sync(rye), "what comes back is asked for again: it may be gone")
	require.True(t, shows(rye.Image))
}
