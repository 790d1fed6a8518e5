package road

import (
	"slices"

	"lastmile/shared/geo"
	"lastmile/shared/road/hierarchy"
)

// Route is a way with its shape.
type Route struct {
	Cost   Cost
	Points []geo.Point
	Steps  []Step
}

// Step is the part of a way from one junction to the next. The costs of the
// steps add up to the way's.
type Step struct {
	Cost Cost // with the turn at its end

	// Points[From:To] of the route is the step's shape; the next begins where it
	// ends.
	From, To int
}

// Route returns the best way, false if there is none.
func (f *Finder) Route(from, to Place) (Route, bool) {
	f.from.load(f.m, []Place{from})
	f.to.load(f.m, []Place{to})
	legs, cost := f.legs(f.from.anchors, f.to.anchors)
	if cost.Weight >= hierarchy.Inf {
		return Route{}, false
	}
	r := Route{Cost: f.m.cost(cost), Points: []geo.Point{from.Point}}
	for i, l := range legs {
		r.step(f.m, l)
		if i+1 < len(legs) {
			r.turn(f.m, l.arc, legs[i+1].arc)
		}
	}
	r.Points[len(r.Points)-1] = to.Point
	return r, true
}

// leg is the part of an arc that a way uses.
type leg struct {
	arc      uint32
	from, to *anchor // nil at the arc's own start and end
}

func (f *Finder) legs(from, to []anchor) ([]leg, hierarchy.Cost) {
	if !behind(from, to) {
		path, cost := f.search.Path(nil, leaving(nil, from), arriving(nil, to))
		return legsOf(path, from, to), cost
	}
	straight, s, t := direct(from, to)
	path, cost := f.search.Path(nil, f.m.around(nil, from), arriving(nil, to))
	if straight.Weight <= cost.Weight {
		return []leg{{s.arc, &s, &t}}, straight
	}
	best, first := hierarchy.Inf, uint32(0)
	for _, a := range from {
		if w := f.m.whole(a.arc).Weight - a.before.Weight + f.m.turnBetween(a.arc, path[0]); w < best {
			best, first = w, a.arc
		}
	}
	return legsOf(slices.Insert(path, 0, first), from, to), cost
}

func legsOf(path []uint32, from, to []anchor) []leg {
	legs := make([]leg, len(path))
	for i, a := range path {
		legs[i].arc = a
	}
	if len(path) > 0 {
		legs[0].from, legs[len(path)-1].to = on(path[0], from), on(path[len(path)-1], to)
	}
	return legs
}

func on(arc uint32, as []anchor) *anchor {
	return &as[slices.IndexFunc(as, func(a anchor) bool { return a.arc == arc })]
}

// turnBetween is the weight of the cheapest turn from one arc into another.
func (m *Map) turnBetween(a, b uint32) int64 {
	best := hierarchy.Inf
	for t := m.network.TurnFirst[a]; t < m.network.TurnFirst[a+1]; t++ {
		if m.network.TurnTo[t] == b {
			best = min(best, m.turnWeight(t))
		}
	}
	return best
}

// step adds a leg's points after the first, and its cost.
func (r *Route) step(m *Map, l leg) {
	cost, start := m.whole(l.arc), len(r.Points)-1
	if l.to != nil {
		cost = l.to.before
	}
	if l.from != nil {
		cost = less(cost, l.from.before)
	}
	n := &m.network
	lane := n.Lanes[l.arc]
	low, high := n.First[lane/2], n.First[lane/2+1]-1 // the points to pass
	if lane%2 == 0 {
		if l.from != nil {
			low = l.from.segment
		}
		if l.to != nil {
			high = l.to.segment + 1
		}
		for i := low + 1; i <= high; i++ {
			r.Points = append(r.Points, degrees(n.Lat[i], n.Lng[i]))
		}
	} else {
		if l.from != nil {
			high = l.from.segment + 1
		}
		if l.to != nil {
			low = l.to.segment
		}
		for i := high; i > low; i-- {
			r.Points = append(r.Points, degrees(n.Lat[i-1], n.Lng[i-1]))
		}
	}
	r.Steps = append(r.Steps, Step{Cost: m.cost(cost), From: start, To: len(r.Points)})
}

// turn adds a turn to the step before it.
func (r *Route) turn(m *Map, a, b uint32) {
	turn := m.cost(hierarchy.Cost{Weight: m.turnBetween(a, b)})
	last := &r.Steps[len(r.Steps)-1].Cost
	last.Millis += turn.Millis
	last.Millimetres += turn.Millimetres
}
