package road_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/profile"
)

func TestLinesDrawTheFastestRoadsFirstAndNoMoreThanFit(t *testing.T) {
	m := mapOf(t, city.Options{Nodes: 300}, profile.Car(), road.Options{})
	all := m.Lines(0, math.MaxInt)
	points := 0
	for i, l := range all {
		require.GreaterOrEqual(t, len(l.Points), 2)
		require.Positive(t, l.KMH)
		require.True(t, i == 0 || l.KMH <= all[i-1].KMH)
		points += len(l.Points)
	}
	require.Len(t, m.Lines(0, points), len(all))
	some := m.Lines(0, points/2)
	require.NotEmpty(t, some)
	require.Equal(t, all[:len(some)], some)

	coarse := 0
	for _, l := range m.Lines(100, math.MaxInt) {
		coarse += len(l.Points)
	}
	require.LessOrEqual(t, coarse, points)
}
