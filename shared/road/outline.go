package road

import (
	"math"

	"lastmile/shared/geo"
)

// outlineCell is the size of the cells of an outline, in degrees: about 110 m.
const outlineCell = 0.001

type cell struct{ row, column int }

// Outline returns rings around the cells of about 110 m that the stretches
// touch, each closed; a hole is filled.
func Outline(stretches []Stretch) [][]geo.Point {
	touched := make(map[cell]bool)
	for _, s := range stretches {
		for i := range s {
			touch(touched, s[max(0, i-1)], s[i])
		}
	}
	next := borders(touched)
	var rings [][]geo.Point
	for from := range next {
		for len(next[from]) > 0 {
			if ring := follow(next, from); turnsLeft(ring) {
				rings = append(rings, ring)
			}
		}
	}
	return rings
}

// touch marks the cells along a line.
func touch(touched map[cell]bool, a, b geo.Point) {
	steps := int(max(math.Abs(b.Lat-a.Lat), math.Abs(b.Lng-a.Lng))/outlineCell*2) + 1
	for k := range steps + 1 {
		p := toward(a, b, float64(k)/float64(steps))
		touched[cell{int(math.Floor(p.Lat / outlineCell)), int(math.Floor(p.Lng / outlineCell))}] = true
	}
}

// borders returns the edges between cells that are touched and those that are
// not, by their start: the touched one is to the left.
func borders(touched map[cell]bool) map[cell][]cell {
	next := make(map[cell][]cell)
	for c := range touched {
		y, x := c.row, c.column
		corners := [4]cell{{y, x}, {y, x + 1}, {y + 1, x + 1}, {y + 1, x}}
		beside := [4]cell{{y - 1, x}, {y, x + 1}, {y + 1, x}, {y, x - 1}}
		for side, other := range beside {
			if !touched[other] {
				next[corners[side]] = append(next[corners[side]], corners[(side+1)%4])
			}
		}
	}
	return next
}

// follow takes the edges of one ring away, from a corner round to it.
func follow(next map[cell][]cell, from cell) []geo.Point {
	ring := []geo.Point{corner(from)}
	for at := from; ; {
		edges := next[at]
		to := edges[len(edges)-1]
		next[at] = edges[:len(edges)-1]
		ring = append(ring, corner(to))
		if at = to; at == from {
			return ring
		}
	}
}

func corner(c cell) geo.Point {
	return geo.Point{Lat: float64(c.row) * outlineCell, Lng: float64(c.column) * outlineCell}
}

// turnsLeft reports whether a ring goes around its area, not around a hole.
func turnsLeft(ring []geo.Point) bool {
	twice := 0.0
	for i := 1; i < len(ring); i++ {
		twice += ring[i-1].Lng*ring[i].Lat - ring[i].Lng*ring[i-1].Lat
	}
	return twice > 0
}
