package hierarchy

// Weigh returns what arc i of the graph costs, which leads away from x. The
// weight is greater than zero; [Inf] closes the arc. The extra, not less than
// zero, is summed along the paths that the weights choose.
type Weigh func(x, i uint32) Cost

// Customize returns the metric of these weights.
func (t *Topology) Customize(g Graph, weigh Weigh) *Metric {
	c := newCustomizer(t, g)
	c.weigh = weigh
	n := t.Nodes()
	for x := n - 1; x >= 0; x-- {
		c.improve(uint32(x))
	}
	m := &Metric{Rise: newFan(n, len(c.rise.ways)), Fall: newFan(n, len(c.fall.ways))}
	for x := range uint32(n) {
		c.keep(&m.Rise, x, &c.rise, &c.fall)
		c.keep(&m.Fall, x, &c.fall, &c.rise)
	}
	return m
}

func newFan(nodes, arcs int) Fan {
	return Fan{First: append(make([]uint32, 0, nodes+1), 0), Arcs: make([]Arc, 0, arcs), Mid: make([]uint32, 0, arcs)}
}

// customizer holds the ways of a topology's arcs while they are found.
type customizer struct {
	graph      Graph
	topology   *Topology
	weigh      Weigh
	rise, fall side

	row   []Way   // by upper node: those of one node's arcs, while they improve
	bound []int64 // by upper node: the way to it, 0 if it is none of one node's
}

// side is the arcs of one direction with their ways.
type side struct {
	*Side
	ways []Way
}

func newCustomizer(t *Topology, g Graph) *customizer {
	n := t.Nodes()
	return &customizer{
		graph: g, topology: t, row: make([]Way, n), bound: make([]int64, n),
		rise: side{&t.Rise, make([]Way, len(t.Rise.Head))},
		fall: side{&t.Fall, make([]Way, len(t.Fall.Head))},
	}
}

// of returns the arcs of x.
func (s *side) of(x uint32) (heads []uint32, ways []Way) {
	from, to := s.First[x], s.First[x+1]
	return s.Head[from:to], s.ways[from:to]
}

// improve makes every arc of x the best way through lower nodes, which must be
// done already.
func (c *customizer) improve(x uint32) {
	c.own(x)
	c.through(x, &c.rise, &c.fall)
	c.through(x, &c.fall, &c.rise)
}

// own gives the arcs of x the costs of the graph's.
func (c *customizer) own(x uint32) {
	_, up := c.rise.of(x)
	heads, down := c.fall.of(x)
	for i := range up {
		up[i] = Way{Inf, 0, None}
	}
	slot := c.topology.Slot
	for i := c.graph.First[x]; i < c.graph.First[x+1]; i++ {
		if slot[i]%2 == 0 {
			c.rise.ways[slot[i]/2].offer(c.weigh(x, i))
		}
	}
	for k, y := range heads {
		down[k] = Way{Inf, 0, None}
		for i := c.graph.First[y]; i < c.graph.First[y+1]; i++ {
			if slot[i] == 2*(c.fall.First[x]+uint32(k))+1 {
				down[k].offer(c.weigh(y, i))
			}
		}
	}
}

func (w *Way) offer(c Cost) {
	if c.Weight < w.Weight {
		*w = Way{c.Weight, uint32(c.Extra), None}
	}
}

// through tries the ways over lower nodes for the arcs of y in one direction:
// each is an arc of the other direction between y and the lower node, and one of
// the same direction that the lower node has.
func (c *customizer) through(y uint32, own, other *side) {
	heads, ways := own.of(y)
	for i, z := range heads {
		c.row[z] = ways[i]
	}
	for _, x := range other.Tail[other.DownFirst[y]:other.DownFirst[y+1]] {
		near := other.ways[other.find(x, y)]
		if near.Weight >= Inf {
			continue
		}
		over, rest := own.of(x)
		for i, z := range over {
			if z >= y {
				break
			}
			if v := near.Weight + rest[i].Weight; v < c.row[z].Weight {
				c.row[z] = Way{v, near.Extra + rest[i].Extra, x}
			}
		}
	}
	for i, z := range heads {
		ways[i] = c.row[z]
	}
}

// keep adds the arcs of x in one direction to a fan, as its next node's. Those
// that a way over the others' upper ends is shorter than are lost.
func (c *customizer) keep(f *Fan, x uint32, own, other *side) {
	heads, ways := own.of(x)
	for i, z := range heads {
		c.bound[z] = ways[i].Weight
	}
	for _, y := range heads {
		c.around(y, own, other)
	}
	for i, z := range heads {
		if w := ways[i]; w.Weight < Inf && w.Weight <= c.bound[z] {
			f.Arcs, f.Mid = append(f.Arcs, Arc{c.topology.Register[z], w.Extra, w.Weight}), append(f.Mid, w.Mid)
		} else {
			f.Lost = append(f.Lost, w)
		}
		c.bound[z] = 0
	}
	f.First = append(f.First, uint32(len(f.Arcs)))
}

// around lowers the bounds by the ways that the arcs of y make: those over y to
// nodes above it, and those over these to y.
func (c *customizer) around(y uint32, own, other *side) {
	least := c.bound[y]
	heads, ways := other.of(y)
	for i, z := range heads {
		if b := c.bound[z]; b != 0 {
			least = min(least, b+ways[i].Weight)
		}
	}
	c.bound[y] = least
	if least >= Inf {
		return
	}
	heads, ways = own.of(y)
	for i, z := range heads {
		if v := least + ways[i].Weight; v < c.bound[z] {
			c.bound[z] = v
		}
	}
}
