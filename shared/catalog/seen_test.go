package catalog_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/catalog"
)

// Whatever the pages are and in whichever order they are read back, exactly
// what they listed was seen.
func TestWhatIsPackedIsSeen(t *testing.T) {
	base := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var seen catalog.Seen
		want, nameless, oldest := map[string]bool{}, 0, base.Add(1000*time.Hour)
		for range rapid.IntRange(1, 6).Draw(t, "pages") {
			s := catalog.Sighting{
				At:       base.Add(time.Duration(rapid.IntRange(0, 3600).Draw(t, "at")) * time.Second),
				DocIDs:   seenIDs(anyItems.Draw(t, "items")),
				Nameless: rapid.IntRange(0, 3).Draw(t, "nameless"),
			}
			require.NoError(t, seen.Add(s.Pack()))
			nameless += s.Nameless
			oldest = slices.MinFunc([]time.Time{oldest, s.At}, time.Time.Compare)
			for _, id := range s.DocIDs {
				want[id] = true
			}
		}
		stored := catalog.Manifest{"never-listed": 1}
		for id := range want {
			stored[id] = 1
		}
		require.Equal(t, want, seen.Among(catalog.Manifests{0: stored}))
		require.Equal(t, nameless, seen.Nameless)
		require.Equal(t, oldest, seen.Oldest)
	})
}

func seenIDs(items []catalog.Item) []string { return slices.Sorted(maps.Keys(seenOf(items))) }

func TestWhatIsNoSightingIsRefused(t *testing.T) {
	packed := catalog.Sighting{At: time.Unix(1, 0), DocIDs: []string{"a"}}.Pack()
	for name, b := range map[string][]byte{
		"nothing":         nil,
		"another version": append([]byte{9}, packed[1:]...),
		"half an id":      packed[:len(packed)-3],
		"no time":         packed[:1],
	} {
		t.Run(name, func(t *testing.T) {
			var seen catalog.Seen
			require.Error(t, seen.Add(b))
		})
	}
}
