package storage

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	raw "google.golang.org/api/storage/v1"
	"pgregory.net/rapid"
)

// The pages of a listing, put together, are what a naive listing finds, for any
// names, prefix, delimiter, bounds and page size.
func TestPagesAreTheWholeListing(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab/é")), 0, 5, -1)
	rapid.Check(t, func(t *rapid.T) {
		x := indexOf(t, rapid.SliceOfNDistinct(text.Filter(func(s string) bool { return s != "" }), 0, 30, rapid.ID).Draw(t, "names"))
		q := query{
			prefix: text.Draw(t, "prefix"), delimiter: rapid.SampledFrom([]string{"", "/", "a", "//"}).Draw(t, "delimiter"),
			from: text.Draw(t, "from"), to: text.Draw(t, "to"), limit: rapid.IntRange(1, 7).Draw(t, "limit"),
		}
		want := naive(x.buckets["box"].names, q)
		var got []string
		for page := 0; ; page++ {
			require.LessOrEqual(t, page, len(want), "the pages do not end")
			listed, err := x.list("box", q)
			require.NoError(t, err)
			require.LessOrEqual(t, len(listed.Items)+len(listed.Prefixes), q.limit)
			got = append(got, listed.Prefixes...)
			for _, o := range listed.Items {
				got = append(got, o.Name)
			}
			if listed.NextPageToken == "" {
				break
			}
			after, err := base64.URLEncoding.DecodeString(listed.NextPageToken)
			require.NoError(t, err)
			q.after = string(after)
		}
		slices.Sort(got)
		require.Equal(t, want, got)
	})
}

func indexOf(t *rapid.T, names []string) *index {
	x, err := newIndex(Options{Now: time.Now}, &blobs{})
	require.NoError(t, err)
	x.buckets["box"] = &bucket{policy: &raw.Policy{}, objects: map[string]object{}}
	for _, name := range names {
		_, err := x.put("box", &raw.Object{Name: name}, blob{}, conditions{})
		require.NoError(t, err)
	}
	return x
}

// naive looks at every name.
func naive(names []string, q query) []string {
	found := map[string]bool{}
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, q.prefix)
		if !ok || name < q.from || q.to != "" && name >= q.to {
			continue
		}
		if head, _, folder := strings.Cut(rest, q.delimiter); q.delimiter != "" && folder {
			name = q.prefix + head + q.delimiter
		}
		found[name] = true
	}
	var all []string
	for name := range found {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
