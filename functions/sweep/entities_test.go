package sweep_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/sweep"
	"lastmile/shared/attachment"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
)

func TestWhichFilesAreNeeded(t *testing.T) {
	w := newWorld(t)
	entity := func(path ...string) {
		last := len(path) - 1
		require.NoError(t, w.db.Commit(t.Context(), docs.In[map[string]any](w.db, path[:last]...).Set(path[last], map[string]any{"id": path[last]})))
	}
	entity("orders", "o1")
	entity("jobs", "j1")
	entity("shops", "bakery")
	entity("catalogs", "butcher")
	rye := catalogdb.Item{Item: catalog.Item{ID: "rye", Image: "https://x.example/rye.jpg"}}
	require.NoError(t, w.db.Commit(t.Context(), docs.In[catalogdb.Item](w.db, "shops", "bakery", "items").Set("rye", rye)))

	from := func(address string) *attachment.Source { return &attachment.Source{URL: address} }
	tests := map[string]struct {
		file   attachment.File
		needed bool
	}{
		"a proof of an order":                          {attachment.File{Kind: attachment.ProofPhoto, Owner: "order:o1"}, true},
		"a proof of an order that is gone":             {attachment.File{Kind: attachment.ProofPhoto, Owner: "order:o2"}, false},
		"a proof of what can be no order":              {attachment.File{Kind: attachment.ProofPhoto, Owner: "order:../o1"}, false},
		"a job's report":                               {attachment.File{Kind: attachment.JobReport, Owner: "job:j1"}, true},
		"a report of a job that was deleted":           {attachment.File{Kind: attachment.JobReport, Owner: "job:j2"}, false},
		"what a shop uploaded":                         {attachment.File{Kind: attachment.JobInput, Owner: "shop:bakery"}, true},
		"what a shop uploaded that has a catalogue":    {attachment.File{Kind: attachment.ItemPicture, Owner: "shop:butcher"}, true},
		"what a shop uploaded that is gone":            {attachment.File{Kind: attachment.ItemPicture, Owner: "shop:baker"}, false},
		"a picture that an item shows":                 {attachment.File{Kind: attachment.ItemPicture, Owner: "shop:bakery", Source: from(rye.Image)}, true},
		"a picture that no item shows any more":        {attachment.File{Kind: attachment.ItemPicture, Owner: "shop:bakery", Source: from("https://x.example/old.jpg")}, false},
		"a picture that an item of another shop shows": {attachment.File{Kind: attachment.ItemPicture, Owner: "shop:butcher", Source: from(rye.Image)}, false},
		"an address that is too long to be looked for": {attachment.File{Kind: attachment.ItemPicture, Owner: "shop:bakery", Source: from("https://x.example/" + strings.Repeat("x", 1500))}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			needed, err := sweep.NewEntities(w.db).Needs(t.Context(), test.file)
			require.NoError(t, err)
			require.Equal(t, test.needed, needed)
		})
	}
}
