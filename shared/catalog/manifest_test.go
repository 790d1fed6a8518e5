package catalog_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/catalog"
)

var anyItem = rapid.Custom(func(t *rapid.T) catalog.Item {
	return catalog.Item{
		ID:         "i" + rapid.String().Draw(t, "id"),
		Name:       rapid.String().Draw(t, "name"),
		Price:      catalog.Money{Amount: rapid.Int64Range(0, 9999).Draw(t, "amount"), Currency: "EUR"},
		Stock:      rapid.Int64Range(0, 9).Draw(t, "stock"),
		StockKnown: rapid.Bool().Draw(t, "known"),
		Available:  rapid.Bool().Draw(t, "available"),
	}.Normalise()
})

var anyItems = rapid.SliceOfNDistinct(anyItem, 0, 60, func(i catalog.Item) string { return i.ID })

func seenOf(items []catalog.Item) map[string]bool {
	seen := map[string]bool{}
	for _, id := range (catalog.Page{Items: items}).Seen() {
		seen[id] = true
	}
	return seen
}

func TestASecondSyncChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, items := catalog.Manifests{}, anyItems.Draw(t, "items")
		first := m.Diff(items)
		require.Len(t, first.Items, len(items))
		m.Merge(first.Entries)
		second := m.Diff(items)
		require.Empty(t, second.Items)
		require.Empty(t, second.Entries)
		require.Equal(t, len(items), second.Unchanged)
		require.Empty(t, m.Missing(seenOf(items), 0).DocIDs)
	})
}

// An item goes, stays away and comes back: its document is written exactly
// when what a reader should see changes.
func TestGoingAndComingBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		allowed := rapid.IntRange(0, 1).Draw(t, "misses allowed")
		m, shown, missed := catalog.Manifests{}, map[string]bool{}, map[string]int{}
		all := anyItems.Draw(t, "items")
		for range rapid.IntRange(1, 8).Draw(t, "syncs") {
			var listed []catalog.Item
			for _, i := range all {
				if rapid.Bool().Draw(t, "listed") {
					listed = append(listed, i)
				}
			}
			changes := m.Diff(listed)
			for _, i := range changes.Items {
				require.False(t, shown[i.ID], "written though unchanged")
				shown[i.ID] = true
			}
			m.Merge(changes.Entries)
			absence := m.Missing(seenOf(listed), allowed)
			m.Merge(absence.Entries)
			for _, i := range all {
				if slices.Contains(listed, i) {
					missed[i.ID] = 0
					require.True(t, shown[i.ID])
					continue
				}
				missed[i.ID]++
				gone := shown[i.ID] && missed[i.ID] > allowed
				require.Equal(t, gone, slices.Contains(absence.DocIDs, catalog.DocID(i.ID)))
				shown[i.ID] = shown[i.ID] && !gone
			}
		}
	})
}

func TestTheHashSeesContentOnly(t *testing.T) {
	s := shop(func(s *catalog.Settings) {
		s.Fields.Description, s.Fields.Updated = "text", catalog.Updated{Path: "at", Format: catalog.Unix}
	})
	hash := func(t *testing.T, item string) int64 {
		page, err := parse(s, `{"list":[`+item+`]}`)
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		return page.Items[0].Hash()
	}
	same := hash(t, `{"id":"7","name":"Green tea","price":"1.50","stock":3,"text":"caf\u00e9","at":1}`)
	require.Equal(t, int64(9034030009050429799), same, "the hash never changes")
	for name, c := range map[string]struct {
		item string
		same bool
	}{
		"the order of keys":  {`{"at":1,"text":"café","stock":3,"price":"1.50","name":"Green tea","id":"7"}`, true},
		"spaces":             {`{ "id" : "7" , "name" : " Green  tea\n", "price": "1.50","stock":3,"text":"café" }`, true},
		"types of numbers":   {`{"id":7,"name":"Green tea","price":1.5,"stock":"3","text":"café"}`, true},
		"unmapped fields":    {`{"id":7,"name":"Green tea","price":1.5,"stock":3,"text":"café","views":99}`, true},
		"a touch":            {`{"id":7,"name":"Green tea","price":1.5,"stock":3,"text":"café","at":999}`, true},
		"another name":       {`{"id":7,"name":"green tea","price":1.5,"stock":3,"text":"café"}`, false},
		"another price":      {`{"id":7,"name":"Green tea","price":1.51,"stock":3,"text":"café"}`, false},
		"another stock":      {`{"id":7,"name":"Green tea","price":1.5,"stock":4,"text":"café"}`, false},
		"unknown stock":      {`{"id":7,"name":"Green tea","price":1.5,"text":"café"}`, false},
		"words moved fields": {`{"id":7,"name":"Green","price":1.5,"stock":3,"text":"tea café"}`, false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.same, same == hash(t, c.item)) })
	}
}

func TestNormaliseIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := catalog.Item{Name: rapid.String().Draw(t, "name"), Description: string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))}.Normalise()
		require.Equal(t, i, i.Normalise())
		require.Equal(t, strings.Join(strings.Fields(i.Name), " "), i.Name)
		require.Equal(t, strings.ToValidUTF8(i.Description, ""), i.Description)
	})
}

func TestDocIDIsLegalAndUnique(t *testing.T) {
	legal := regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)
	for _, id := range []string{"sku-1", "a/b", ".", "..", "__id__", "_x", "h_abc", strings.Repeat("x", 5000), "日本", " ", ""} {
		require.Regexp(t, legal, catalog.DocID(id))
		require.NotRegexp(t, `^__.*__$`, catalog.DocID(id))
	}
	require.Equal(t, "sku-1", catalog.DocID("sku-1"))
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		require.Equal(t, a == b, catalog.DocID(a) == catalog.DocID(b))
		require.NotEqual(t, catalog.DocID(a), catalog.DocID(catalog.DocID(a)+"/"))
	})
	require.NotEqual(t, catalog.DocID("a/b"), catalog.DocID(catalog.DocID("a/b")), "a provider cannot name our hash")
}

func TestItemsSpreadOverTheBuckets(t *testing.T) {
	count := map[int]int{}
	var items []catalog.Item
	for n := range 11_125 {
		items = append(items, catalog.Item{ID: fmt.Sprintf("SKU-%06d", n)})
		count[catalog.Bucket(items[n].ID)]++
	}
	require.Equal(t, slices.Sorted(maps.Keys(count)), catalog.BucketsOf(items))
	require.Len(t, count, catalog.Buckets)
	for bucket, n := range count {
		require.InDelta(t, 11_125/catalog.Buckets, n, 90, "bucket %d", bucket)
	}
}
