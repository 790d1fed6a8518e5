package road

import (
	"slices"
	"weak"

	"lastmile/shared/road/hierarchy"
)

// climb is what a table needs to know of a source.
type climb struct {
	of      weak.Pointer[Map]
	anchors []anchor
	up      hierarchy.Climb
}

// Climb returns the place with its way up the hierarchy, some kilobytes: a table
// from it to few places is then a matter of looking up. Other weights make it
// worthless, and it is not used then.
func (f *Finder) Climb(p Place) Place {
	as := f.m.anchors(nil, p)
	p.climb = &climb{of: f.own, anchors: as, up: f.search.Climb(leaving(nil, as))}
	return p
}

// Climbed reports whether f knows the way up from p.
func (f *Finder) Climbed(p *Place) bool { return p.climb != nil && p.climb.of == f.own }

// divide parts a table's sources by whether their climbs are known.
func (f *Finder) divide(from []Place) {
	f.known, f.rest, f.climbs = f.known[:0], f.rest[:0], f.climbs[:0]
	for i := range from {
		if f.Climbed(&from[i]) {
			f.known, f.climbs = append(f.known, i), append(f.climbs, from[i].climb.up)
		} else {
			f.rest = append(f.rest, i)
		}
	}
}

// tableOfKnown fills the rows of the sources whose climbs are known.
func (f *Finder) tableOfKnown(out []Cost, from, to []Place, stop func() bool) {
	f.to.load(f.m, to)
	f.costs = slices.Grow(f.costs[:0], len(f.known))[:len(f.known)]
	for j := 0; j < len(to) && !stop(); j++ {
		f.ends = arriving(f.ends[:0], f.to.of(j))
		f.search.FromClimbs(f.costs, f.climbs, f.ends)
		for k, i := range f.known {
			best := f.costs[k]
			if best.Weight < 0 {
				best = f.back(from[i].climb.anchors, f.to.of(j))
			}
			out[i*len(to)+j] = f.m.cost(best)
		}
	}
}

// tableOfRest fills the other rows.
func (f *Finder) tableOfRest(out []Cost, from, to []Place, stop func() bool) {
	f.places = f.places[:0]
	for _, i := range f.rest {
		f.places = append(f.places, from[i])
	}
	if len(f.rest) == 0 {
		return
	}
	f.cells = slices.Grow(f.cells[:0], len(f.rest)*len(to))[:len(f.rest)*len(to)]
	for k := range f.cells {
		f.cells[k] = Unasked
	}
	f.table(f.cells, f.places, to, stop)
	for k, i := range f.rest {
		copy(out[i*len(to):(i+1)*len(to)], f.cells[k*len(to):(k+1)*len(to)])
	}
}
