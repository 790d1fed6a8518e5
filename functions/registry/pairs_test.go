package registry_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/registry"
	"lastmile/shared/function"
)

// A path of a cut-over that does not know of the other would do the other's work
// a second time.
func TestPairsNameEachOther(t *testing.T) {
	topics := func(s function.Spec) (names []string) {
		for _, t := range s.Binding.Triggers {
			names = append(names, t.Topic)
		}
		return names
	}
	for _, s := range registry.All() {
		if s.ShadowOf != "" {
			old, err := registry.Find(s.ShadowOf)
			require.NoError(t, err, "what %s shadows", s.Name)
			require.Equal(t, s.Name, old.ShadowedBy, "%s does not know its shadow", old.Name)
			require.ElementsMatch(t, topics(old), topics(s), "%s and its shadow have different triggers", old.Name)
		}
		if s.ShadowedBy != "" {
			next, err := registry.Find(s.ShadowedBy)
			require.NoError(t, err, "the shadow of %s", s.Name)
			require.Equal(t, s.Name, next.ShadowOf, "%s does not know what it shadows", next.Name)
		}
	}
}
