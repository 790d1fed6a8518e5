package hierarchy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/road/hierarchy"
)

// Whatever comes between a node and one that leads to it, or away, leaves its
// register alone.
func TestARegisterIsANodesUntilItsLastArc(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _ := graphOf(t)
		topology := hierarchy.NewTopology(g)
		register := topology.Register
		for _, s := range []hierarchy.Side{topology.Rise, topology.Fall} {
			for x := range uint32(topology.Nodes()) {
				require.Less(t, register[x], register[topology.Nodes()])
				for _, y := range s.Head[s.First[x]:s.First[x+1]] {
					require.NotContains(t, register[y+1:x+1], register[y], "from %d to %d", x, y)
				}
			}
		}
	})
}
