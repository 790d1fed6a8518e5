package hierarchy

import "slices"

// Seed is where a search begins, or ends, and what it has cost by then. A cost
// may be negative as long as no whole way is.
type Seed struct {
	Node uint32
	Cost
}

// Cost is a weight, and the extra that goes with it.
type Cost struct{ Weight, Extra int64 }

// take makes c the cost over an upper node, if that is less. It has no branch:
// which one is less, nobody can predict.
func (c *Cost) take(upper Cost, a Arc) {
	gain := upper.Weight + a.Weight - c.Weight
	less := gain >> 63 // all bits if it is, none if it is not
	c.Weight += gain & less
	c.Extra += (upper.Extra + int64(a.Extra) - c.Extra) & less
}

// far is the cost of what is not reached.
var far = Cost{Weight: Inf}

// Search answers questions about a metric. Its memory is used again for each
// question, so only one may be asked at a time.
type Search struct {
	topology *Topology
	metric   *Metric

	rise, fall climb
	selection
	lanes lanes

	held, single labels
}

// NewSearch returns a Search.
func NewSearch(t *Topology, m *Metric) *Search {
	n := t.Nodes()
	s := &Search{topology: t, metric: m, rise: newClimb(n), fall: newClimb(n)}
	s.selection.init(n)
	return s
}

// Use makes s answer for another metric of the same topology.
func (s *Search) Use(m *Metric) { s.metric = m }

// climb is one direction's way up the hierarchy.
type climb struct {
	dist  []Cost   // by node; far outside of nodes
	pred  []uint32 // by node: the lower node before it
	nodes []uint32 // that were touched, descending
	heads []uint32 // where the walk is
}

func newClimb(n int) climb {
	c := climb{dist: make([]Cost, n), pred: make([]uint32, n)}
	for i := range c.dist {
		c.dist[i] = far
	}
	return c
}

// run finds the best way from the seeds up to each of their ancestors.
func (c *climb) run(t *Topology, f *Fan, seeds []Seed) {
	c.heads = c.heads[:0]
	for _, s := range seeds {
		if s.Weight < c.dist[s.Node].Weight {
			c.dist[s.Node], c.pred[s.Node] = s.Cost, None
		}
		c.heads = append(c.heads, s.Node)
	}
	for len(c.heads) > 0 {
		x := slices.Max(c.heads)
		c.nodes = append(c.nodes, x)
		c.relax(f, x)
		c.step(t, x)
	}
}

func (c *climb) relax(f *Fan, x uint32) {
	d := c.dist[x]
	if d.Weight >= Inf {
		return
	}
	for _, a := range f.of(x) {
		if v := d.Weight + a.Weight; v < c.dist[a.Head].Weight {
			c.dist[a.Head], c.pred[a.Head] = Cost{v, d.Extra + int64(a.Extra)}, x
		}
	}
}

// step moves every head that is at x to the parent, and joins those that meet.
func (c *climb) step(t *Topology, x uint32) {
	parent := t.Parent[x]
	kept := c.heads[:0]
	for _, h := range c.heads {
		if h == x {
			h = parent
		}
		if h != None && !slices.Contains(kept, h) {
			kept = append(kept, h)
		}
	}
	c.heads = kept
}

func (c *climb) reset() {
	for _, x := range c.nodes {
		c.dist[x] = far
	}
	c.nodes = c.nodes[:0]
}

// Distance returns the cost of the shortest path from one of the seeds to
// another; its weight is [Inf] if there is none.
func (s *Search) Distance(from, to []Seed) Cost {
	best, _ := s.meet(from, to)
	s.rise.reset()
	s.fall.reset()
	return best
}

// Path returns the cost of the shortest path and its nodes, appended to path.
func (s *Search) Path(path []uint32, from, to []Seed) ([]uint32, Cost) {
	best, top := s.meet(from, to)
	if best.Weight < Inf {
		path = s.unroll(path, top)
	}
	s.rise.reset()
	s.fall.reset()
	return path, best
}

func (s *Search) meet(from, to []Seed) (best Cost, top uint32) {
	s.rise.run(s.topology, &s.metric.Rise, from)
	s.fall.run(s.topology, &s.metric.Fall, to)
	best, top = far, None
	for _, x := range s.fall.nodes {
		up, down := s.rise.dist[x], s.fall.dist[x]
		if up.Weight >= Inf || down.Weight >= Inf {
			continue // a negative seed must not make up for it
		}
		if v := up.Weight + down.Weight; v < best.Weight {
			best, top = Cost{v, up.Extra + down.Extra}, x
		}
	}
	return best, top
}

// unroll appends the nodes of the path over top.
func (s *Search) unroll(path []uint32, top uint32) []uint32 {
	var climbed []uint32
	for x := top; x != None; x = s.rise.pred[x] {
		climbed = append(climbed, x)
	}
	slices.Reverse(climbed)
	path = append(path, climbed[0])
	for i := 1; i < len(climbed); i++ {
		path = s.expand(path, climbed[i-1], climbed[i])
	}
	for x := top; s.fall.pred[x] != None; x = s.fall.pred[x] {
		path = s.expand(path, x, s.fall.pred[x])
	}
	return path
}

// expand appends the nodes after from, up to to.
func (s *Search) expand(path []uint32, from, to uint32) []uint32 {
	fan, low, high := &s.metric.Rise, from, to
	if from < to {
		fan, low, high = &s.metric.Fall, to, from
	}
	mid := fan.mid(low, high)
	if mid == None {
		return append(path, to)
	}
	return s.expand(s.expand(path, from, mid), mid, to)
}
