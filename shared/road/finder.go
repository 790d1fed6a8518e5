package road

import (
	"slices"

	"lastmile/shared/road/hierarchy"
)

// Finder asks a map, one question at a time. Its memory is used again, so that
// cells of tables cost no allocation.
type Finder struct {
	m      *Map
	search *hierarchy.Search

	from, to    side
	seeds, ends []hierarchy.Seed
	costs       []hierarchy.Cost
	reach       *reach // since the first isochrone
}

// side is the anchors of a table's sources or targets.
type side struct {
	anchors []anchor
	first   []int // those of place i are anchors[first[i]:first[i+1]]
}

// NewFinder returns a Finder of m.
func NewFinder(m *Map) *Finder {
	return &Finder{m: m, search: hierarchy.NewSearch(&m.topology, &m.metric)}
}

// Use makes f ask m from now on. It is false, and changes nothing, if m is
// another map than the one f was made for, and not only reweighted.
func (f *Finder) Use(m *Map) bool {
	if len(m.network.Lanes) != len(f.m.network.Lanes) || &m.network.Lanes[0] != &f.m.network.Lanes[0] {
		return false
	}
	f.m = m
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
	f.from.load(f.m, from)
	f.to.load(f.m, to)
	for i := range out {
		out[i] = Unasked
	}
	if len(from) >= len(to) {
		f.columns(out, len(from), len(to), stop)
		return
	}
	f.rows(out, len(from), len(to), stop)
}

// columns answers for all sources at once, one target after the other.
func (f *Finder) columns(out []Cost, rows, columns int, stop func() bool) {
	f.seeds = leaving(f.seeds[:0], f.from.anchors)
	f.search.SelectFrom(f.seeds)
	f.costs = slices.Grow(f.costs[:0], len(f.seeds))[:len(f.seeds)]
	for j := range columns {
		if stop() {
			return
		}
		f.ends = arriving(f.ends[:0], f.to.of(j))
		f.search.To(f.costs, f.seeds, f.ends)
		for i := range rows {
			out[i*columns+j] = f.cell(i, j, f.costs[f.from.first[i]:f.from.first[i+1]])
		}
	}
}

// rows answers for all targets at once, one source after the other.
func (f *Finder) rows(out []Cost, rows, columns int, stop func() bool) {
	f.ends = arriving(f.ends[:0], f.to.anchors)
	f.search.SelectTo(f.ends)
	f.costs = slices.Grow(f.costs[:0], len(f.ends))[:len(f.ends)]
	for i := range rows {
		if stop() {
			return
		}
		f.seeds = leaving(f.seeds[:0], f.from.of(i))
		f.search.From(f.costs, f.seeds, f.ends)
		for j := range columns {
			out[i*columns+j] = f.cell(i, j, f.costs[f.to.first[j]:f.to.first[j+1]])
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
