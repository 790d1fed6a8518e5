package road

import (
	"cmp"
	"math"
	"slices"

	"lastmile/shared/geo"
)

// Line is a stretch of road to be drawn.
type Line struct {
	KMH    int
	Points []geo.Point
}

// Lines returns the roads of a map to be drawn, the fastest first: each within so
// many metres of where it is, and only so many points altogether. What does not
// fit are the slowest.
func (m *Map) Lines(metres float64, most int) []Line {
	n := &m.network
	lines := make([]Line, 0, len(n.First)-1)
	for c := range len(n.First) - 1 {
		from, to := n.First[c], n.First[c+1]
		points := make([]geo.Point, 0, to-from)
		for i := from; i < to; i++ {
			points = append(points, degrees(n.Lat[i], n.Lng[i]))
		}
		lines = append(lines, Line{m.speed(from, to-1), simplified(points, metres)})
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(b.KMH, a.KMH) })
	total := 0
	for i, l := range lines {
		if total += len(l.Points); total > most {
			return lines[:i]
		}
	}
	return lines
}

// speed is that of the faster direction of a chain whose last point is given, as
// its sums run from the start.
func (m *Map) speed(first, last uint32) int {
	n := &m.network
	mm := float64(n.MM[last] - n.MM[first])
	ms := math.MaxFloat64
	for _, sums := range [][]uint32{n.Fwd, n.Bwd} {
		if took := float64(sums[last]) - float64(sums[first]); took > 0 {
			ms = min(ms, took)
		}
	}
	return int(math.Round(mm / ms * 3.6))
}

// simplified leaves out points that lie within so many metres of the line between
// those that stay (Douglas and Peucker).
func simplified(points []geo.Point, metres float64) []geo.Point {
	if len(points) < 3 {
		return points
	}
	first, last := points[0], points[len(points)-1]
	far, at := 0.0, 0
	for i := 1; i < len(points)-1; i++ {
		if d := beside(points[i], first, last); d > far {
			far, at = d, i
		}
	}
	if far <= metres {
		return []geo.Point{first, last}
	}
	return append(simplified(points[:at+1], metres), simplified(points[at:], metres)[1:]...)
}

// beside is how many metres p lies beside the stretch from a to b, on a plane.
func beside(p, a, b geo.Point) float64 {
	const perDegree = 111_195
	narrow := math.Cos(a.Lat * math.Pi / 180)
	x, y := (p.Lng-a.Lng)*narrow, p.Lat-a.Lat
	dx, dy := (b.Lng-a.Lng)*narrow, b.Lat-a.Lat
	share := 0.0
	if square := dx*dx + dy*dy; square > 0 {
		share = max(0, min(1, (x*dx+y*dy)/square))
	}
	return math.Hypot(x-share*dx, y-share*dy) * perDegree
}
