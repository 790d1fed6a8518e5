package road_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/network"
	"lastmile/shared/road/profile"
)

// No segment may be nearer than the one that a place is put on.
func TestAPlaceIsPutOnTheNearestRoad(t *testing.T) {
	m := mapOf(t, city.Options{Nodes: 1500}, profile.Car(), road.Options{})
	n, b := m.Network(), m.Bounds()
	rapid.Check(t, func(t *rapid.T) {
		p := geo.Point{
			Lat: rapid.Float64Range(b.South-0.01, b.North+0.01).Draw(t, "lat"),
			Lng: rapid.Float64Range(b.West-0.01, b.East+0.01).Draw(t, "lng"),
		}
		radius := rapid.Float64Range(20, 3000).Draw(t, "radius")
		place, err := m.Snap(p, road.SnapOptions{Radius: radius, Islands: true})
		nearest := math.Inf(1)
		for i := 0; i+1 < len(n.Lat); i++ {
			if n.Chain[i] == n.Chain[i+1] {
				nearest = min(nearest, distanceTo(p, n, i))
			}
		}
		if math.Abs(nearest-radius) < 0.01*radius {
			return // on the edge, where rounding decides
		}
		if nearest > radius {
			require.ErrorIs(t, err, road.ErrOffNetwork)
			return
		}
		require.NoError(t, err)
		require.InDelta(t, nearest, place.Off, 0.05+nearest*0.002)
	})
}

// distanceTo samples a segment: no formula is shared with the map.
func distanceTo(p geo.Point, n *network.Network, i int) float64 {
	low, high, best := 0.0, 1.0, math.Inf(1)
	at := func(share float64) float64 {
		lat := float64(n.Lat[i]) + share*float64(n.Lat[i+1]-n.Lat[i])
		lng := float64(n.Lng[i]) + share*float64(n.Lng[i+1]-n.Lng[i])
		return geo.Distance(p, geo.Point{Lat: lat * 1e-7, Lng: lng * 1e-7})
	}
	for range 40 {
		a, b := low+(high-low)/3, high-(high-low)/3
		if at(a) < at(b) {
			high = b
		} else {
			low = a
		}
		best = min(best, at(low), at(high))
	}
	return best
}

// A junction is in the isochrone exactly if the table says that it is near
// enough.
func TestAnIsochroneAgreesWithTheTable(t *testing.T) {
	m := mapOf(t, city.Options{Nodes: 1200, Seed: 3}, profile.Car(), road.Options{})
	f, n := road.NewFinder(m), m.Network()
	for _, from := range []int{5, 400, 900} {
		const limit = 120_000
		stretches, whole := f.Reach(m.AtPoint(from), limit, never)
		require.True(t, whole)
		reached := make(map[geo.Point]bool)
		for _, s := range stretches {
			for _, p := range s {
				reached[p] = true
			}
		}
		for i := range n.Lat {
			p := m.AtPoint(i)
			if c := f.Distance(m.AtPoint(from), p); c != road.Unreachable && c.Millis <= limit {
				require.Contains(t, reached, p.Point, "point %d, after %d ms", i, c.Millis)
			}
		}
		for _, ring := range road.Outline(stretches) {
			require.Equal(t, ring[0], ring[len(ring)-1])
		}
	}
}

func TestAStopLeavesCellsUnasked(t *testing.T) {
	m := mapOf(t, city.Options{Nodes: 600}, profile.Car(), road.Options{})
	f := road.NewFinder(m)
	var places []road.Place
	for i := range 9 {
		places = append(places, m.AtPoint(60*i+3))
	}
	out, asked := make([]road.Cost, 81), 0
	f.Table(out, places, places, func() bool { asked++; return asked > 1 })
	for i := range places {
		require.NotEqual(t, road.Unasked, out[i])
		require.Equal(t, road.Unasked, out[72+i])
	}
}

func TestOtherWeightsMakeAClimbWorthless(t *testing.T) {
	m := mapOf(t, city.Options{Nodes: 600}, profile.Car(), road.Options{})
	other, err := m.Reweight(nil)
	require.NoError(t, err)
	f, p := road.NewFinder(m), m.AtPoint(7)
	require.False(t, f.Climbed(&p))
	p = f.Climb(p)
	require.True(t, f.Climbed(&p))
	require.True(t, f.Use(other))
	require.False(t, f.Climbed(&p))
}

func TestACellCostsNoAllocation(t *testing.T) {
	m := mapOf(t, city.Options{Nodes: 3000}, profile.Car(), road.Options{})
	f := road.NewFinder(m)
	var places []road.Place
	for i := range 60 {
		places = append(places, m.AtPoint(i*40))
	}
	out := make([]road.Cost, len(places))
	ask := func() { f.Table(out, places, places[:1], never) }
	ask()
	few := testing.AllocsPerRun(50, func() { f.Table(out[:1], places[1:2], places[:1], never) })
	require.LessOrEqual(t, testing.AllocsPerRun(50, ask)-few, 8.0, "60 cells cost no more than one, but for those behind their source")
	for i, p := range places {
		places[i] = f.Climb(p)
	}
	require.LessOrEqual(t, testing.AllocsPerRun(50, ask)-few, 8.0, "nor do they where all have climbed")
}

func TestAnAreaThatIsTooWideIsRefused(t *testing.T) {
	for name, n := range map[string]*network.Network{
		"from the equator to the north": {Lat: []int32{0, 500_000_000}, Lng: []int32{0, 0}},
		"both sides of the date line":   {Lat: []int32{0, 0}, Lng: []int32{-1_799_999_999, 1_799_999_999}},
	} {
		_, err := road.Prepare(n, profile.Car(), road.Options{})
		require.ErrorIs(t, err, road.ErrTooWide, name)
	}
}

// Where both sides are many, a table is made in another way.
func TestATableOfManyAgreesWithSingleAnswers(t *testing.T) {
	for _, vehicle := range []string{"car", "foot"} {
		p, err := profile.Named(vehicle)
		require.NoError(t, err)
		m := mapOf(t, city.Options{Nodes: 2000, Seed: 9}, p, road.Options{})
		f := road.NewFinder(m)
		points, _ := m.Size()
		var places []road.Place
		for i := range 90 {
			places = append(places, m.AtPoint(i*(points-1)/89))
		}
		for _, split := range []int{30, 60} {
			from, to := places[:split], places[split-5:]
			out := make([]road.Cost, len(from)*len(to))
			f.Table(out, from, to, never)
			for i := range from {
				for j := range to {
					require.Equal(t, f.Distance(from[i], to[j]), out[i*len(to)+j], "%s from %d to %d of %d", vehicle, i, j, split)
				}
			}
		}
	}
}

func BenchmarkTables(b *testing.B) {
	m := prepare(b, data(b, "malta-2018.osm.pbf"), "car", road.Options{})
	f := road.NewFinder(m)
	places := make([]road.Place, 500)
	for i := range places {
		places[i] = m.AtPoint(i * 200)
	}
	for name, size := range map[string][2]int{"500x1": {500, 1}, "1x500": {1, 500}, "100x100": {100, 100}} {
		b.Run(name, func(b *testing.B) {
			out := make([]road.Cost, size[0]*size[1])
			b.ReportAllocs()
			for b.Loop() {
				f.Table(out, places[:size[0]], places[:size[1]], never)
			}
		})
	}
	b.Run("500x1, climbed", func(b *testing.B) {
		climbed, out := make([]road.Place, len(places)), make([]road.Cost, len(places))
		for i, p := range places {
			climbed[i] = f.Climb(p)
		}
		b.ReportAllocs()
		for b.Loop() {
			f.Table(out, climbed, places[:1], never)
		}
	})
}
