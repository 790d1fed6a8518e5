package road

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"lastmile/shared/road/hierarchy"
	"lastmile/shared/road/network"
)

// Change is the traffic on the road from one OSM node to the next.
type Change struct {
	From, To int64

	// KMH is the speed there; 0 closes the road, up to the junctions on both sides.
	KMH float64
}

// ErrNoSegment is returned for a change of what is no road of the map.
var ErrNoSegment = errors.New("no such road segment")

// Reweight returns the map with other speeds. The changes are all that differ
// from m; m itself stays as it is, and in use. Maps that come of one another are
// reweighted one at a time.
func (m *Map) Reweight(changes []Change) (*Map, error) {
	out := *m
	out.network.Fwd, out.network.Bwd = slices.Clone(m.network.Fwd), slices.Clone(m.network.Bwd)
	out.closed = make([]bool, len(m.network.Arcs))
	copy(out.closed, m.closed)
	out.changed = slices.Clone(m.changed)
	for _, c := range changes {
		if !(c.KMH == 0 || c.KMH >= minKMH && c.KMH <= maxKMH) {
			return nil, fmt.Errorf("segment %d to %d: speed %v km/h must be from %v to %v, or 0 to close it", c.From, c.To, c.KMH, minKMH, maxKMH)
		}
		if err := out.apply(c); err != nil {
			return nil, err
		}
	}
	slices.Sort(out.changed)
	out.changed = slices.Compact(out.changed)
	out.metric = *m.amender.Amend(m.graph(), out.changed, out.turn)
	return &out, nil
}

// The speeds that a change may set.
const (
	minKMH = 1.0
	maxKMH = 200.0
)

// Has reports whether the map has the road that a change is about: another
// edition of the map may not.
func (m *Map) Has(c Change) bool { return m.each(c, func([]uint32, uint32, uint32, uint32) {}) }

// apply changes every segment between the two nodes.
func (m *Map) apply(c Change) error {
	if !m.each(c, func(sums []uint32, i, j, lane uint32) { m.set(sums, i, j, c.KMH, lane) }) {
		return fmt.Errorf("%w: from node %d to %d", ErrNoSegment, c.From, c.To)
	}
	return nil
}

// each calls f for every segment of a change, with the sums of its direction, its
// points and its lane, and reports whether there was one.
func (m *Map) each(c Change, f func(sums []uint32, i, j, lane uint32)) (found bool) {
	n := &m.network
	for _, i := range m.points(c.From) {
		chain := n.Chain[i]
		if along := 2 * chain; n.Arcs[along] != network.None && i+1 < n.First[chain+1] && n.Node[i+1] == c.To {
			found = true
			f(n.Fwd, i, i+1, along)
		}
		if against := 2*chain + 1; n.Arcs[against] != network.None && i > n.First[chain] && n.Node[i-1] == c.To {
			found = true
			f(n.Bwd, i-1, i, against)
		}
	}
	return found
}

// set gives the segment between two points another speed: all sums after it
// move.
func (m *Map) set(sums []uint32, i, j uint32, kmh float64, lane uint32) {
	n := &m.network
	for a, end := n.On(lane); a < end; a++ {
		m.changed = append(m.changed, a)
	}
	if kmh == 0 {
		m.closed[lane] = true
		return
	}
	ms := uint32(max(1, math.Round(float64(n.MM[j]-n.MM[i])*3.6/kmh)))
	was := sums[j] - sums[i]
	for k := j; k < n.First[n.Chain[j]+1]; k++ {
		sums[k] += ms - was
	}
}

// points returns the points that are an OSM node: one for each road that meets
// there.
func (m *Map) points(node int64) []uint32 {
	nodes := m.network.Node
	from := sort.Search(len(m.byNode), func(i int) bool { return nodes[m.byNode[i]] >= node })
	to := from
	for to < len(m.byNode) && nodes[m.byNode[to]] == node {
		to++
	}
	return m.byNode[from:to]
}

// Reweighted reports whether m has other weights than the map that was prepared.
func (m *Map) Reweighted() bool { return len(m.changed) > 0 }

// graph is the arcs as nodes, and the turns between them.
func (m *Map) graph() hierarchy.Graph {
	return hierarchy.Graph{First: m.network.TurnFirst, To: m.network.TurnTo}
}

// turn is the cost of turn t from arc a: that of the arc, and its own.
func (m *Map) turn(a, t uint32) hierarchy.Cost {
	cost := plus(m.whole(a), m.turnWeight(t))
	cost.Weight = min(cost.Weight, hierarchy.Inf)
	return cost
}

// whole is the cost of a whole arc.
func (m *Map) whole(a uint32) hierarchy.Cost {
	n := &m.network
	lane := n.Lanes[a]
	if m.isClosed(lane) {
		return hierarchy.Cost{Weight: hierarchy.Inf}
	}
	last := n.First[lane/2+1] - 1
	if lane%2 == 0 {
		return m.weigh(lane/2, int64(n.Fwd[last]), int64(n.MM[last]))
	}
	return m.weigh(lane/2, int64(n.Bwd[last]), int64(n.MM[last]))
}

func (m *Map) turnWeight(t uint32) int64 {
	cost := m.network.TurnCost[t]
	weight := m.pack(int64(cost&^network.Entry), 0)
	if cost&network.Entry != 0 && !m.Info.Shortest {
		weight += entry
	}
	return weight
}

func (m *Map) isClosed(lane uint32) bool { return m.closed != nil && m.closed[lane] }
