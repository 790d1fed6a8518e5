package road

import (
	"slices"
	"weak"

	"lastmile/shared/road/hierarchy"
)

// Finder asks a map, one question at a time. Its memory is used again, so that
// cells of tables cost no allocation.
type Finder struct {
	m      *Map
	own    weak.Pointer[Map] // to m
	search *hierarchy.Search

	from, to    side
	seeds, ends []hierarchy.Seed
	costs       []hierarchy.Cost
	lanes       [hierarchy.Lanes][]hierarchy.Cost
	group       [hierarchy.Lanes][]hierarchy.Seed
	reach       *reach // since the first isochrone

	climbs      []hierarchy.Climb
	known, rest []int // of a table's sources
	places      []Place
	cells       []Cost
}

// side is the anchors of a table's sources or targets.
type side struct {
	anchors []anchor
	first   []int // those of place i are anchors[first[i]:first[i+1]]
}

// NewFinder returns a Finder of m.
func NewFinder(m *Map) *Finder {
	return &Finder{m: m, own: weak.Make(m), search: hierarchy.NewSearch(&m.topology, &m.metric)}
}

// Use makes f ask m from now on. It is false, and changes nothing, if m is
// another map than the one f was made for, and not only reweighted.
func (f *Finder) Use(m *Map) bool {
	if len(m.network.Lanes) != len(f.m.network.Lanes) || &m.network.Lanes[0] != &f.m.network.Lanes[0] {
		return false
	}
	f.m, f.own = m, weak.Make(m)
	f.search.Use(&m.metric)
	return true
}

func (s *side) load(m *Map, places []Place) {
	s.anchors, s.first = s.anchors[:0], append(s.first[:0], 0)
	for _, p := range places {
		s.anchors = m.anchors(s.anchors, p)
		s.first = append(s.first, len(s.anchors))
	}
}

func (s *side) of(i int) []anchor { return s.anchors[s.first[i]:s.first[i+1]] }

// Table fills out, a row for each source, with the costs of all ways. It asks
// stop now and then, and leaves [Unasked] what is not done when that is true.
func (f *Finder) Table(out []Cost, from, to []Place, stop func() bool) {
	for i := range out {
		out[i] = Unasked
	}
	if f.divide(from); len(f.known) == 0 {
		f.table(out, from, to, stop)
		return
	}
	f.tableOfKnown(out, from, to, stop)
	f.tableOfRest(out, from, to, stop)
}

// table is Table where no climbs are known.
func (f *Finder) table(out []Cost, from, to []Place, stop func() bool) {
	f.from.load(f.m, from)
	f.to.load(f.m, to)
	switch rows, columns := len(from), len(to); {
	case min(rows, columns) > hierarchy.Lanes && rows >= columns:
		f.rowByRow(out, rows, columns, stop)
	case min(rows, columns) > hierarchy.Lanes:
		f.columnByColumn(out, rows, columns, stop)
	case rows >= columns:
		f.columns(out, rows, columns, stop)
	default:
		f.rows(out, rows, columns, stop)
	}
}

// rowByRow holds the targets and asks for one source after the other: where both
// are many, each of them climbs once.
func (f *Finder) rowByRow(out []Cost, rows, columns int, stop func() bool) {
	f.search.HoldTargets(columns, func(j int) []hierarchy.Seed {
		f.ends = arriving(f.ends[:0], f.to.of(j))
		return f.ends
	})
	f.costs = slices.Grow(f.costs[:0], columns)[:columns]
	for i := 0; i < rows && !stop(); i++ {
		f.seeds = leaving(f.seeds[:0], f.from.of(i))
		f.search.ToHeld(f.costs, f.seeds)
		for j := range columns {
			out[i*columns+j] = f.cell(i, j, f.costs[j:j+1])
		}
	}
}

// columnByColumn holds the sources.
func (f *Finder) columnByColumn(out []Cost, rows, columns int, stop func() bool) {
	f.search.HoldSources(rows, func(i int) []hierarchy.Seed {
		f.seeds = leaving(f.seeds[:0], f.from.of(i))
		return f.seeds
	})
	f.costs = slices.Grow(f.costs[:0], rows)[:rows]
	for j := 0; j < columns && !stop(); j++ {
		f.ends = arriving(f.ends[:0], f.to.of(j))
		f.search.FromHeld(f.costs, f.ends)
		for i := range rows {
			out[i*columns+j] = f.cell(i, j, f.costs[i:i+1])
		}
	}
}

// columns answers for all sources at once, one target after the other.
func (f *Finder) columns(out []Cost, rows, columns int, stop func() bool) {
	f.seeds = leaving(f.seeds[:0], f.from.anchors)
	f.search.SelectFrom(f.seeds)
	for j := 0; j < columns && !stop(); j += hierarchy.Lanes {
		n := min(hierarchy.Lanes, columns-j)
		f.split(len(f.seeds))
		for k := range n {
			f.group[k] = arriving(f.group[k][:0], f.to.of(j+k))
		}
		if n == 1 {
			f.search.To(f.lanes[0], f.seeds, f.group[0])
		} else {
			f.search.ToEach(f.lanes[:n], f.seeds, f.group[:n])
		}
		for i := range rows {
			for k := range n {
				out[i*columns+j+k] = f.cell(i, j+k, f.lanes[k][f.from.first[i]:f.from.first[i+1]])
			}
		}
	}
}

// split makes room for the costs of each lane.
func (f *Finder) split(n int) {
	f.costs = slices.Grow(f.costs[:0], hierarchy.Lanes*n)[:hierarchy.Lanes*n]
	for k := range f.lanes {
		f.lanes[k] = f.costs[k*n : (k+1)*n]
	}
}

// rows answers for all targets at once, one source after the other.
func (f *Finder) rows(out []Cost, rows, columns int, stop func() bool) {
	f.ends = arriving(f.ends[:0], f.to.anchors)
	f.search.SelectTo(f.ends)
	for i := 0; i < rows && !stop(); i += hierarchy.Lanes {
		n := min(hierarchy.Lanes, rows-i)
		f.split(len(f.ends))
		for k := range n {
			f.group[k] = leaving(f.group[k][:0], f.from.of(i+k))
		}
		if n == 1 {
			f.search.From(f.lanes[0], f.group[0], f.ends)
		} else {
			f.search.FromEach(f.lanes[:n], f.group[:n], f.ends)
		}
		for j := range columns {
			for k := range n {
				out[(i+k)*columns+j] = f.cell(i+k, j, f.lanes[k][f.to.first[j]:f.to.first[j+1]])
			}
		}
	}
}

// cell returns the cost from source i to target j, whose costs by anchor are
// known.
func (f *Finder) cell(i, j int, costs []hierarchy.Cost) Cost {
	best := hierarchy.Cost{Weight: hierarchy.Inf}
	for _, c := range costs {
		if c.Weight < best.Weight {
			best = c
		}
	}
	if best.Weight < 0 {
		best = f.back(f.from.of(i), f.to.of(j))
	}
	return f.m.cost(best)
}

// back returns the cost of the way to a target that is behind its source.
func (f *Finder) back(from, to []anchor) hierarchy.Cost {
	straight, _, _ := direct(from, to)
	around := f.search.Distance(f.m.around(nil, from), arriving(nil, to))
	if straight.Weight <= around.Weight {
		return straight
	}
	return around
}

// Distance returns the cost from one place to another.
func (f *Finder) Distance(from, to Place) Cost {
	f.from.load(f.m, []Place{from})
	f.to.load(f.m, []Place{to})
	f.seeds, f.ends = leaving(f.seeds[:0], f.from.anchors), arriving(f.ends[:0], f.to.anchors)
	costs := [1]hierarchy.Cost{f.search.Distance(f.seeds, f.ends)}
	return f.cell(0, 0, costs[:])
}
