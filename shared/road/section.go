package road

import (
	"errors"
	"fmt"
)

// Section is one array of a map, for a file to hold.
type Section struct {
	Name string

	// Data points to the slice: of uint8, int32, uint32, int64 or hierarchy.Arc.
	Data any
}

// Sections are all arrays of a map. A map is whole again when those of an empty
// one are filled, and its Info is set; [Map.Check] tells.
func (m *Map) Sections() []Section {
	n, t, g := &m.network, &m.topology, &m.grid
	sections := []Section{
		{"lat", &n.Lat}, {"lng", &n.Lng}, {"node", &n.Node}, {"chain", &n.Chain},
		{"mm", &n.MM}, {"fwd", &n.Fwd}, {"bwd", &n.Bwd}, {"first", &n.First}, {"appeal", &n.Appeal},
		{"arcs", &n.Arcs}, {"lanes", &n.Lanes}, {"turnFirst", &n.TurnFirst}, {"turnTo", &n.TurnTo}, {"turnCost", &n.TurnCost},
		{"topFirst", &t.First}, {"topUp", &t.Up}, {"topParent", &t.Parent}, {"topDownFirst", &t.DownFirst}, {"topEdge", &t.Edge}, {"topTail", &t.Tail}, {"topSlot", &t.Slot},
		{"gridFirst", &g.first}, {"gridItems", &g.items}, {"byNode", &m.byNode},
	}
	rise, fall := &m.metric.Rise, &m.metric.Fall
	return append(sections,
		Section{"riseFirst", &rise.First}, Section{"riseArcs", &rise.Arcs}, Section{"riseMid", &rise.Mid},
		Section{"fallFirst", &fall.First}, Section{"fallArcs", &fall.Arcs}, Section{"fallMid", &fall.Mid})
}

// Grid is how the cells of a map lie, which no section holds.
type Grid struct {
	South, West         int32
	Size, Rows, Columns int
}

// Layout returns the grid's.
func (m *Map) Layout() Grid {
	g := &m.grid
	return Grid{g.south, g.west, g.size, g.rows, g.columns}
}

// SetLayout sets it.
func (m *Map) SetLayout(l Grid) {
	g := &m.grid
	g.south, g.west, g.size, g.rows, g.columns = l.South, l.West, l.Size, l.Rows, l.Columns
}

// ErrTorn is returned for a map whose arrays do not fit together.
var ErrTorn = errors.New("arrays of the map do not fit together")

// Check reports whether the sections that were filled in fit together by their
// lengths. What is in them is for the file's checksum to guard.
func (m *Map) Check() error {
	n, t, g := &m.network, &m.topology, &m.grid
	points, arcs, turns, edges := len(n.Lat), len(n.Lanes), len(n.TurnTo), len(t.Up)
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"points", min(len(n.Lng), len(n.Node), len(n.Chain), len(n.MM), len(n.Fwd), len(n.Bwd), len(m.byNode)), max(points, 1)},
		{"chains", len(n.Arcs), 2 * (len(n.First) - 1)},
		{"appeals", len(n.Appeal), len(n.First) - 1},
		{"turn costs", len(n.TurnCost), turns},
		{"slots", len(t.Slot), turns},
		{"parents", len(t.Parent), arcs},
		{"edges", min(len(t.Edge), len(t.Tail)), edges},
		{"rising arcs", len(m.metric.Rise.Arcs), len(m.metric.Rise.Mid)},
		{"falling arcs", len(m.metric.Fall.Arcs), len(m.metric.Fall.Mid)},
		{"cells", len(g.first), g.Rows()*g.columns + 1},
		{"points of chains", ends(n.First, len(n.First)-1), points},
		{"turns of arcs", ends(n.TurnFirst, arcs), turns},
		{"edges of nodes", ends(t.First, arcs), edges},
		{"edges down", ends(t.DownFirst, arcs), edges},
		{"arcs up", ends(m.metric.Rise.First, arcs), len(m.metric.Rise.Arcs)},
		{"arcs down", ends(m.metric.Fall.First, arcs), len(m.metric.Fall.Arcs)},
		{"segments of cells", ends(g.first, len(g.first)-1), len(g.items)},
	} {
		if c.got != c.want {
			return fmt.Errorf("%w: %s: %d instead of %d", ErrTorn, c.what, c.got, c.want)
		}
	}
	return nil
}

// Rows is the number of rows, none for cells of no size.
func (g *grid) Rows() int {
	if g.size <= 0 || g.rows < 0 || g.columns < 0 {
		return 0
	}
	return g.rows
}

// ends returns the last of n+1 offsets, -1 if there are not so many.
func ends(offsets []uint32, n int) int {
	if n < 0 || len(offsets) != n+1 {
		return -1
	}
	return int(offsets[n])
}
