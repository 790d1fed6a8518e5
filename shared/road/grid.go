package road

import (
	"math"

	"lastmile/shared/road/network"
)

// grid lists the segments that touch each cell. A segment is named by its first
// point. Lengths are in 1e-7 degree of latitude.
type grid struct {
	south, west   int32
	size          int // of a cell
	rows, columns int

	// The segments of a cell are items[first[cell]:first[cell+1]].
	first, items []uint32
}

// island is the bit of an item that is not on the mainland.
const island = 1 << 31

// cellSize is about 100 m: in a city, some six segments.
const cellSize = 9000

func newGrid(n *network.Network) grid {
	g := grid{south: math.MaxInt32, west: math.MaxInt32, size: cellSize}
	north, east := int32(math.MinInt32), int32(math.MinInt32)
	for i := range n.Lat {
		g.south, north = min(g.south, n.Lat[i]), max(north, n.Lat[i])
		g.west, east = min(g.west, n.Lng[i]), max(east, n.Lng[i])
	}
	g.rows, g.columns = int(north-g.south)/g.size+1, int(east-g.west)/g.size+1
	g.first = make([]uint32, g.rows*g.columns+1)
	g.eachItem(n, func(cell int, _ uint32) { g.first[cell+1]++ })
	for c := range g.rows * g.columns {
		g.first[c+1] += g.first[c]
	}
	next := append([]uint32(nil), g.first...)
	g.items = make([]uint32, next[len(next)-1])
	main := n.Mainland()
	g.eachItem(n, func(cell int, i uint32) {
		if lane := 2 * n.Chain[i]; !main[lane] && !main[lane+1] {
			i |= island
		}
		g.items[next[cell]] = i
		next[cell]++
	})
	return g
}

// eachItem calls f for every segment on which ways begin or end, and every cell
// that its box touches.
func (g *grid) eachItem(n *network.Network, f func(cell int, i uint32)) {
	for i := uint32(0); int(i)+1 < len(n.Lat); i++ {
		if n.Chain[i] != n.Chain[i+1] || n.Transit[n.Chain[i]] {
			continue
		}
		row0, col0 := g.cell(min(n.Lat[i], n.Lat[i+1]), min(n.Lng[i], n.Lng[i+1]))
		row1, col1 := g.cell(max(n.Lat[i], n.Lat[i+1]), max(n.Lng[i], n.Lng[i+1]))
		for row := row0; row <= row1; row++ {
			for col := col0; col <= col1; col++ {
				f(row*g.columns+col, i)
			}
		}
	}
}

func (g *grid) cell(lat, lng int32) (row, column int) {
	return floor(int(lat)-int(g.south), g.size), floor(int(lng)-int(g.west), g.size)
}

func floor(a, b int) int {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// in returns the items of a cell, none for those outside.
func (g *grid) in(row, column int) []uint32 {
	if row < 0 || row >= g.rows || column < 0 || column >= g.columns {
		return nil
	}
	c := row*g.columns + column
	return g.items[g.first[c]:g.first[c+1]]
}
