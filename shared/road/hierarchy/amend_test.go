package hierarchy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/road/hierarchy"
)

// graphOf draws a graph, and for each of its arcs the node that it leads away
// from.
func graphOf(t *rapid.T) (g hierarchy.Graph, tails []uint32) {
	nodes := rapid.IntRange(2, 40).Draw(t, "nodes")
	g.First = []uint32{0}
	for x := range nodes {
		for _, y := range rapid.SliceOfN(rapid.IntRange(0, nodes-1), 0, 4).Draw(t, "arcs") {
			g.To, tails = append(g.To, uint32(y)), append(tails, uint32(x))
		}
		g.First = append(g.First, uint32(len(g.To)))
	}
	return g, tails
}

// costs draw what arcs cost: few values, so that ways tie.
func costs(t *rapid.T, n int) []hierarchy.Cost {
	one := rapid.Custom(func(t *rapid.T) hierarchy.Cost {
		weight := rapid.SampledFrom([]int64{1, 2, 3, 4, 6, 9, 100, hierarchy.Inf}).Draw(t, "weight")
		return hierarchy.Cost{Weight: weight, Extra: rapid.Int64Range(0, 2).Draw(t, "extra")}
	})
	return rapid.SliceOfN(one, n, n).Draw(t, "costs")
}

func weighing(costs []hierarchy.Cost) hierarchy.Weigh {
	return func(_, i uint32) hierarchy.Cost { return costs[i] }
}

// distances is the algorithm of Floyd and Warshall.
func distances(g hierarchy.Graph, tails []uint32, costs []hierarchy.Cost) [][]int64 {
	n := len(g.First) - 1
	d := make([][]int64, n)
	for x := range d {
		d[x] = make([]int64, n)
		for y := range d[x] {
			d[x][y] = hierarchy.Inf
		}
		d[x][x] = 0
	}
	for i, x := range tails {
		d[x][g.To[i]] = min(d[x][g.To[i]], costs[i].Weight)
	}
	for k := range n {
		for x := range n {
			for y := range n {
				d[x][y] = min(d[x][y], d[x][k]+d[k][y])
			}
		}
	}
	return d
}

// However weights change, and back again, an amended metric is that of its
// weights to the last arc, and answers as it should.
func TestAnAmendedMetricIsThatOfItsWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, tails := graphOf(t)
		topology, first := hierarchy.NewTopology(g), costs(t, len(g.To))
		base := topology.Customize(g, weighing(first))
		amender := hierarchy.NewAmender(topology, base)
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			now, from := append([]hierarchy.Cost(nil), first...), []uint32(nil)
			if len(now) > 0 {
				for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(now)-1), 0, 5).Draw(t, "changed") {
					now[i], from = costs(t, 1)[0], append(from, tails[i])
				}
			}
			got, want := amender.Amend(g, from, weighing(now)), topology.Customize(g, weighing(now))
			search, truth := hierarchy.NewSearch(topology, got), distances(g, tails, now)
			for x := range uint32(topology.Nodes()) {
				arcs, mids := got.Kept(x)
				wantArcs, wantMids := want.Kept(x)
				require.Equal(t, wantArcs, arcs, "node %d", x)
				require.Equal(t, wantMids, mids, "node %d", x)
				for y, d := range truth[x] {
					cost := search.Distance([]hierarchy.Seed{{Node: x}}, []hierarchy.Seed{{Node: uint32(y)}})
					require.Equal(t, d, cost.Weight, "from %d to %d", x, y)
				}
			}
		}
	})
}
