package road

import (
	"math"

	"lastmile/shared/road/hierarchy"
)

// anchor ties a place to an arc that leads through it.
type anchor struct {
	arc    uint32
	before hierarchy.Cost // from the arc's start to the place

	segment uint32
	share   float64
}

// anchors appends those of a place: one for each direction of its road, and for
// a node those of all roads that meet there. Closed arcs have none.
func (m *Map) anchors(to []anchor, p Place) []anchor {
	if !m.Info.Vertices {
		return m.anchor(to, p.segment, p.share)
	}
	i := p.segment + uint32(p.share)
	for _, point := range m.points(m.network.Node[i]) {
		segment, share := m.spot(point)
		to = m.anchor(to, segment, share)
	}
	return to
}

func (m *Map) anchor(to []anchor, i uint32, share float64) []anchor {
	n := &m.network
	chain := n.Chain[i]
	last := n.First[chain+1] - 1
	mm := between(n.MM[i], n.MM[i+1], share)
	to = m.onLane(to, 2*chain, m.weigh(chain, between(n.Fwd[i], n.Fwd[i+1], share), mm), i, share)
	ms := int64(n.Bwd[last]) - between(n.Bwd[i], n.Bwd[i+1], share)
	return m.onLane(to, 2*chain+1, m.weigh(chain, ms, int64(n.MM[last])-mm), i, share)
}

// onLane appends an anchor for each arc of a lane.
func (m *Map) onLane(to []anchor, lane uint32, before hierarchy.Cost, i uint32, share float64) []anchor {
	if m.isClosed(lane) {
		return to
	}
	for a, end := m.network.On(lane); a < end; a++ {
		to = append(to, anchor{a, before, i, share})
	}
	return to
}

func between(a, b uint32, share float64) int64 {
	return int64(a) + int64(math.Round(share*float64(b-a)))
}

// leaving and arriving are where a search begins and ends.
func leaving(to []hierarchy.Seed, as []anchor) []hierarchy.Seed {
	for _, a := range as {
		to = append(to, hierarchy.Seed{Node: a.arc, Cost: hierarchy.Cost{Weight: -a.before.Weight, Extra: -a.before.Extra}})
	}
	return to
}

func arriving(to []hierarchy.Seed, as []anchor) []hierarchy.Seed {
	for _, a := range as {
		to = append(to, hierarchy.Seed{Node: a.arc, Cost: a.before})
	}
	return to
}

// behind reports whether a target is behind a source on the same arc. A search
// from the arc's start would take that for a way.
func behind(from, to []anchor) bool {
	for _, s := range from {
		for _, t := range to {
			if s.arc == t.arc && t.before.Weight < s.before.Weight {
				return true
			}
		}
	}
	return false
}

// around returns the seeds for a way that leaves the source's arcs at their ends.
func (m *Map) around(to []hierarchy.Seed, as []anchor) []hierarchy.Seed {
	n := &m.network
	for _, a := range as {
		rest := less(m.whole(a.arc), a.before)
		for t := n.TurnFirst[a.arc]; t < n.TurnFirst[a.arc+1]; t++ {
			if !m.isClosed(n.Lanes[n.TurnTo[t]]) {
				to = append(to, hierarchy.Seed{Node: n.TurnTo[t], Cost: plus(rest, m.turnWeight(t))})
			}
		}
	}
	return to
}

func less(a, b hierarchy.Cost) hierarchy.Cost {
	return hierarchy.Cost{Weight: a.Weight - b.Weight, Extra: a.Extra - b.Extra}
}

func plus(a hierarchy.Cost, weight int64) hierarchy.Cost {
	return hierarchy.Cost{Weight: a.Weight + weight, Extra: a.Extra}
}

// direct returns the least cost along a common arc.
func direct(from, to []anchor) (cost hierarchy.Cost, s, t anchor) {
	cost.Weight = hierarchy.Inf
	for _, a := range from {
		for _, b := range to {
			if d := less(b.before, a.before); a.arc == b.arc && d.Weight >= 0 && d.Weight < cost.Weight {
				cost, s, t = d, a, b
			}
		}
	}
	return cost, s, t
}
