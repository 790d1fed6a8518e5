package console

import (
	"maps"
	"slices"
	"testing"
)

// Files are the paths of all files of the page.
func Files(t *testing.T) []string {
	f, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(f.files))
}
