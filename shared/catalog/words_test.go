package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/catalog"
)

func TestItemsAreFoundByTheBeginningsOfTheirWords(t *testing.T) {
	tests := map[string]struct {
		name, sought string
		found        bool
	}{
		"a whole word":             {"Rye bread", "bread", true},
		"its beginning":            {"Rye bread", "bre", true},
		"not its middle":           {"Rye bread", "read", false},
		"in any case":              {"Rye BREAD", "Bread", true},
		"without accents":          {"Crème brûlée", "creme brulee", true},
		"with them":                {"Creme brulee", "crème", true},
		"several words, any order": {"Rye bread, dark", "dark rye", true},
		"all of them":              {"Rye bread", "rye wheat", false},
		"a very long word":         {"Donaudampfschifffahrt", "donaudampfschiff", true},
		"another very long word":   {"Donaudampfschifffahrt", "donaudampfschule", false},
		"a number":                 {"Cola 330 ml", "330", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.found, catalog.Matches(test.name, catalog.Words(test.sought)))
		})
	}
}

// What matches must be among what the index is asked for.
func TestTheIndexHoldsAllThatMatches(t *testing.T) {
	words := rapid.SliceOfN(rapid.StringMatching(`[a-zéü]{2,16}`), 1, 5)
	rapid.Check(t, func(t *rapid.T) {
		name := ""
		for _, w := range words.Draw(t, "name") {
			name += w + " "
		}
		own := catalog.Words(name)
		whole := rapid.SampledFrom(own).Draw(t, "word")
		letters := []rune(whole)
		sought := string(letters[:rapid.IntRange(2, len(letters)).Draw(t, "letters")])
		require.True(t, catalog.Matches(name, []string{sought}))
		require.Contains(t, catalog.Terms(name), catalog.Term(sought))
	})
}
