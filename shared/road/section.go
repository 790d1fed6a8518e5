package road

import (
	"errors"
	"fmt"

	"lastmile/shared/road/hierarchy"
)

// Section is one array of a map, for a file to hold.
type Section struct {
	Name string

	// Data points to the slice: of uint8, int32, uint32, int64, hierarchy.Arc or
	// hierarchy.Way.
	Data any
}

// Sections are all arrays of a map that was not reweighted. A map is whole again
// when those of a [Blank] one are filled; [Map.Check] tells.
func (m *Map) Sections() []Section {
	n, t, g := &m.network, &m.topology, &m.grid
	sections := []Section{
		{"lat", &n.Lat}, {"lng", &n.Lng}, {"node", &n.Node}, {"chain", &n.Chain},
		{"mm", &n.MM}, {"fwd", &n.Fwd}, {"bwd", &n.Bwd}, {"first", &n.First}, {"appeal", &n.Appeal},
		{"arcs", &n.Arcs}, {"lanes", &n.Lanes}, {"turnFirst", &n.TurnFirst}, {"turnTo", &n.TurnTo}, {"turnCost", &n.TurnCost},
		{"parent", &t.Parent}, {"register", &t.Register}, {"slot", &t.Slot},
		{"gridFirst", &g.first}, {"gridItems", &g.items}, {"byNode", &m.byNode},
	}
	for i, name := range []string{"rise", "fall"} {
		s, f := []*hierarchy.Side{&t.Rise, &t.Fall}[i], []*hierarchy.Fan{&m.metric.Rise, &m.metric.Fall}[i]
		sections = append(sections,
			Section{name + "Head", &s.Head}, Section{name + "HeadFirst", &s.First}, Section{name + "Tail", &s.Tail}, Section{name + "TailFirst", &s.DownFirst},
			Section{name + "First", &f.First}, Section{name + "Arcs", &f.Arcs}, Section{name + "Mid", &f.Mid}, Section{name + "Lost", &f.Lost})
	}
	return sections
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

// ErrTorn is returned for a map whose arrays do not fit together.
var ErrTorn = errors.New("arrays of the map do not fit together")

// Check reports whether the sections that were filled in fit together by their
// lengths. What is in them is for the file's checksum to guard.
func (m *Map) Check() error {
	n, t, g := &m.network, &m.topology, &m.grid
	points, arcs, turns := len(n.Lat), len(n.Lanes), len(n.TurnTo)
	checks := []fit{
		{"points", min(len(n.Lng), len(n.Node), len(n.Chain), len(n.MM), len(n.Fwd), len(n.Bwd), len(m.byNode)), max(points, 1)},
		{"chains", len(n.Arcs), 2 * (len(n.First) - 1)},
		{"appeals", len(n.Appeal), len(n.First) - 1},
		{"turn costs", len(n.TurnCost), turns},
		{"slots", len(t.Slot), turns},
		{"parents", len(t.Parent), arcs},
		{"registers", len(t.Register), arcs + 1},
		{"cells", len(g.first), g.Rows()*g.columns + 1},
		{"points of chains", ends(n.First, len(n.First)-1), points},
		{"turns of arcs", ends(n.TurnFirst, arcs), turns},
		{"segments of cells", ends(g.first, len(g.first)-1), len(g.items)},
	}
	checks = append(checks, fits(&t.Rise, &m.metric.Rise, arcs)...)
	checks = append(checks, fits(&t.Fall, &m.metric.Fall, arcs)...)
	for _, c := range checks {
		if c.got != c.want {
			return fmt.Errorf("%w: %s: %d instead of %d", ErrTorn, c.what, c.got, c.want)
		}
	}
	return nil
}

// fit is two lengths that must be the same.
type fit struct {
	what      string
	got, want int
}

// fits are those of the arcs of one direction.
func fits(s *hierarchy.Side, f *hierarchy.Fan, nodes int) []fit {
	return []fit{
		{"upper ends", ends(s.First, nodes), len(s.Head)},
		{"lower ends", ends(s.DownFirst, nodes), len(s.Tail)},
		{"lower and upper ends", len(s.Tail), len(s.Head)},
		{"arcs of nodes", ends(f.First, nodes), len(f.Arcs)},
		{"shortcuts", len(f.Mid), len(f.Arcs)},
		{"lost arcs", len(f.Lost), len(s.Head) - len(f.Arcs)},
	}
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
