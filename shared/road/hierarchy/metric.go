package hierarchy

import "slices"

// Inf is the weight of what cannot be reached. Weights are below it; sums of two
// of them fit.
const Inf = int64(1) << 61

// Metric is a hierarchy for one set of weights: of the topology's shortcuts only
// those that are shortest paths.
type Metric struct {
	// Rise are the arcs up from each node, Fall those down to it.
	Rise, Fall Fan
}

// Fan is arcs by their lower node: those of x are at First[x] up to First[x+1].
type Fan struct {
	First []uint32
	Arcs  []Arc

	// Mid is the node that a shortcut leads over, None if the arc is the graph's.
	Mid []uint32
}

// Arc leads from a lower node up to Head, or down from it.
type Arc struct {
	Head uint32

	// Extra is carried along with the weight, and decides nothing.
	Extra  uint32
	Weight int64
}

// find returns the arc between x and an upper node.
func (f *Fan) find(x, upper uint32) uint32 {
	i := f.First[x]
	for f.Arcs[i].Head != upper {
		i++
	}
	return i
}

// pair is the weights of an edge, from its lower node up and back.
type pair struct{ up, down int64 }

// mids are the nodes that the two directions lead over.
type mids struct{ up, down uint32 }

// removed marks a direction that a better way through upper nodes replaces.
const removed = None - 1

// Customize returns the metric of the graph's arcs with these weights, each
// greater than zero; [Inf] closes an arc. The extras are summed along the paths
// that the weights choose; nil if there are none.
func (t *Topology) Customize(weights []int64, extras []uint32) *Metric {
	c := newCustomizer(t, weights)
	c.lower()
	c.perfect()
	m := c.metric()
	if extras != nil {
		m.carry(t, c.own(weights, extras))
	}
	return m
}

// carry gives every arc its extra: the graph's their own, and then shortcuts,
// the lowest first, the sum of their halves'.
func (m *Metric) carry(t *Topology, own []mids) {
	for x := uint32(t.Nodes()); x > 0; x-- {
		m.Rise.carry(t, x-1, &m.Fall, &m.Rise, func(e uint32) uint32 { return own[e].up })
		m.Fall.carry(t, x-1, &m.Rise, &m.Fall, func(e uint32) uint32 { return own[e].down })
	}
}

// carry does so for the arcs of x; near and far are where the halves of a
// shortcut are that touch x and the upper node.
func (f *Fan) carry(t *Topology, x uint32, near, far *Fan, own func(e uint32) uint32) {
	e := t.First[x]
	for i := f.First[x]; i < f.First[x+1]; i++ {
		a := &f.Arcs[i]
		for t.Up[e] != a.Head {
			e++
		}
		if mid := f.Mid[i]; mid == None {
			a.Extra = own(e)
		} else {
			a.Extra = near.Arcs[near.find(mid, x)].Extra + far.Arcs[far.find(mid, a.Head)].Extra
		}
	}
}

// customizer holds the weights of edges while they are found. A dense row holds
// the edges of one node by the other.
type customizer struct {
	*Topology
	weight []pair
	mid    []mids
	row    []pair
	over   []mids
}

func newCustomizer(t *Topology, weights []int64) *customizer {
	c := &customizer{
		Topology: t,
		weight:   make([]pair, len(t.Up)), mid: make([]mids, len(t.Up)),
		row: make([]pair, t.Nodes()), over: make([]mids, t.Nodes()),
	}
	for e := range c.weight {
		c.weight[e], c.mid[e] = pair{Inf, Inf}, mids{None, None}
	}
	for i, s := range t.Slot {
		switch w := weights[i]; {
		case s == None:
		case s%2 == 0:
			c.weight[s/2].up = min(c.weight[s/2].up, w)
		default:
			c.weight[s/2].down = min(c.weight[s/2].down, w)
		}
	}
	return c
}

// lower makes every edge the best way through lower nodes.
func (c *customizer) lower() {
	for y := c.Nodes() - 1; y >= 0; y-- {
		if c.DownFirst[y] == c.DownFirst[y+1] {
			continue
		}
		for e := c.First[y]; e < c.First[y+1]; e++ {
			c.row[c.Up[e]], c.over[c.Up[e]] = c.weight[e], c.mid[e]
		}
		for i := c.DownFirst[y]; i < c.DownFirst[y+1]; i++ {
			c.through(c.Tail[i], c.Edge[i])
		}
		for e := c.First[y]; e < c.First[y+1]; e++ {
			c.weight[e], c.mid[e] = c.row[c.Up[e]], c.over[c.Up[e]]
		}
	}
}

// through tries the ways over x, the lower node of edge e, for all edges of its
// upper node.
func (c *customizer) through(x, e uint32) {
	own := c.weight[e]
	if own.up >= Inf && own.down >= Inf {
		return
	}
	from := c.First[x]
	heads, weights := c.Up[from:e], c.weight[from:e]
	for i, z := range heads {
		w, best := weights[i], &c.row[z]
		if v := own.down + w.up; v < best.up {
			best.up, c.over[z].up = v, x
		}
		if v := own.up + w.down; v < best.down {
			best.down, c.over[z].down = v, x
		}
	}
}

// perfect makes every edge the shortest path between its nodes, and removes
// those that were longer.
func (c *customizer) perfect() {
	for y := range c.Nodes() {
		if c.DownFirst[y] == c.DownFirst[y+1] {
			continue
		}
		for e := c.First[y]; e < c.First[y+1]; e++ {
			c.row[c.Up[e]] = c.weight[e]
		}
		for i := c.DownFirst[y]; i < c.DownFirst[y+1]; i++ {
			c.around(c.Tail[i], c.Edge[i])
		}
	}
}

// around tries the ways over the upper node y of edge e for the other edges of
// its lower node x, and over their upper nodes for e itself.
func (c *customizer) around(x, e uint32) {
	from := c.First[x]
	heads, weights := c.Up[from:e], c.weight[from:e]
	own := c.weight[e]
	best := own
	for i, z := range heads {
		w, upper := &weights[i], c.row[z]
		if v := own.up + upper.up; v < w.up {
			w.up, c.mid[from+uint32(i)].up = v, removed
		}
		if v := upper.down + own.down; v < w.down {
			w.down, c.mid[from+uint32(i)].down = v, removed
		}
		best.up, best.down = min(best.up, w.up+upper.down), min(best.down, upper.up+w.down)
	}
	if best.up < own.up {
		c.weight[e].up, c.mid[e].up = best.up, removed
	}
	if best.down < own.down {
		c.weight[e].down, c.mid[e].down = best.down, removed
	}
}

// metric keeps what is needed.
func (c *customizer) metric() *Metric {
	rising, falling := 0, 0
	for e, w := range c.weight {
		if needed(w.up, c.mid[e].up) {
			rising++
		}
		if needed(w.down, c.mid[e].down) {
			falling++
		}
	}
	m := &Metric{Rise: newFan(c.Nodes(), rising), Fall: newFan(c.Nodes(), falling)}
	for x := range c.Nodes() {
		for e := c.First[x]; e < c.First[x+1]; e++ {
			w, mid := c.weight[e], c.mid[e]
			if needed(w.up, mid.up) {
				m.Rise.add(c.Up[e], w.up, mid.up)
			}
			if needed(w.down, mid.down) {
				m.Fall.add(c.Up[e], w.down, mid.down)
			}
		}
		m.Rise.First[x+1], m.Fall.First[x+1] = uint32(len(m.Rise.Arcs)), uint32(len(m.Fall.Arcs))
	}
	return m
}

func needed(weight int64, mid uint32) bool { return weight < Inf && mid != removed }

func newFan(nodes, arcs int) Fan {
	return Fan{First: make([]uint32, nodes+1), Arcs: make([]Arc, 0, arcs), Mid: make([]uint32, 0, arcs)}
}

func (f *Fan) add(head uint32, weight int64, mid uint32) {
	f.Arcs, f.Mid = append(f.Arcs, Arc{Head: head, Weight: weight}), append(f.Mid, mid)
}

// own returns, by edge, the extras of the graph's arcs that count: of parallel
// ones the first of the least weight.
func (c *customizer) own(weights []int64, extras []uint32) []mids {
	own := make([]mids, len(c.Up))
	for i, s := range slices.Backward(c.Slot) {
		if s == None {
			continue
		}
		if w := c.weight[s/2]; s%2 == 0 && weights[i] == w.up {
			own[s/2].up = extras[i]
		} else if s%2 == 1 && weights[i] == w.down {
			own[s/2].down = extras[i]
		}
	}
	return own
}
