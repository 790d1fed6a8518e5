package matching_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/assign/matching"
)

func TestTheLeastCostOfAllPairings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(0, 6).Draw(t, "columns")
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) matching.Row { return drawRow(t, columns) }), 0, 6).Draw(t, "rows")

		got := matching.Solve(columns, rows)

		require.Len(t, got, len(rows))
		require.Equal(t, cheapest(rows, make([]bool, columns)), total(t, rows, got))
	})
}

func drawRow(t *rapid.T, columns int) matching.Row {
	row := matching.Row{Alone: rapid.Int64Range(-20, 40).Draw(t, "alone")}
	for c := range columns {
		if rapid.Bool().Draw(t, "edge") {
			row.Edges = append(row.Edges, matching.Edge{Column: c, Cost: rapid.Int64Range(-20, 20).Draw(t, "cost")})
		}
	}
	return row
}

// total sums what a pairing costs, and sees to it that no column is given twice.
func total(t require.TestingT, rows []matching.Row, pairing []int) int64 {
	var sum int64
	given := map[int]bool{}
	for r, c := range pairing {
		if c == matching.None {
			sum += rows[r].Alone
			continue
		}
		require.False(t, given[c], "column %d is given twice", c)
		given[c] = true
		i := slices.IndexFunc(rows[r].Edges, func(e matching.Edge) bool { return e.Column == c })
		require.GreaterOrEqual(t, i, 0, "row %d may not have column %d", r, c)
		sum += rows[r].Edges[i].Cost
	}
	return sum
}

// cheapest tries every pairing of the rows with the columns that are not used.
func cheapest(rows []matching.Row, used []bool) int64 {
	if len(rows) == 0 {
		return 0
	}
	best := rows[0].Alone + cheapest(rows[1:], used)
	for _, e := range rows[0].Edges {
		if !used[e.Column] {
			used[e.Column] = true
			best = min(best, e.Cost+cheapest(rows[1:], used))
			used[e.Column] = false
		}
	}
	return best
}

func BenchmarkSolve200Rows300Columns(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]matching.Row, 200)
	for r := range rows {
		rows[r].Alone = 1e6
		for c := range 300 {
			rows[r].Edges = append(rows[r].Edges, matching.Edge{Column: c, Cost: random.Int64N(1e5)})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		matching.Solve(300, rows)
	}
}
