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

// over returns the least of c and the costs over upper nodes, without a branch
// too: the compiler makes conditional moves of this, which one after the other
// take half as long.
func (c Cost) over(upper []Cost, arcs []Arc) Cost {
	weight, extra := c.Weight, c.Extra
	for _, a := range arcs {
		u := &upper[a.Register]
		w, e := u.Weight+a.Weight, u.Extra+int64(a.Extra)
		if w < weight {
			extra = e
		}
		weight = min(weight, w)
	}
	return Cost{weight, extra}
}

// far is the cost of what is not reached.
var far = Cost{Weight: Inf}

// Search answers questions about a metric. Its memory is used again for each
// question, so only one may be asked at a time.
type Search struct {
	topology *Topology
	metric   *Metric

	rise, fall climb
	number     []uint32 // by node; only that of a numbered one is true
	swept      []Cost   // by register

	selection
	lanes lanes

	held, single labels
}

// NewSearch returns a Search.
func NewSearch(t *Topology, m *Metric) *Search {
	s := &Search{topology: t, metric: m, rise: newClimb(t), fall: newClimb(t), number: make([]uint32, t.Nodes()), swept: make([]Cost, t.count())}
	s.selection.init(t)
	return s
}

// Use makes s answer for another metric of the same topology.
func (s *Search) Use(m *Metric) { s.metric = m }

// climb is one direction's way up the hierarchy.
type climb struct {
	visits  []visit  // descending
	waiting []visit  // by register: the best way so far to a node that is still to come
	heads   []uint32 // where the walk is
}

// visit is what a climb found at a node.
type visit struct {
	Cost   // Inf if it cannot be reached
	node   uint32
	before uint32 // number of the visit that it was reached from
}

// nowhere is a node that is not reached.
var nowhere = visit{Cost: far, before: None}

func newClimb(t *Topology) climb { return climb{waiting: slices.Repeat([]visit{nowhere}, t.count())} }

// run finds the best way from the seeds up to each of their ancestors.
func (c *climb) run(t *Topology, f *Fan, seeds []Seed) {
	c.visits, c.heads = c.visits[:0], c.heads[:0]
	for _, s := range seeds {
		c.heads = append(c.heads, s.Node)
	}
	for waiting := len(seeds); len(c.heads) > 0; {
		x := slices.Max(c.heads)
		w := &c.waiting[t.Register[x]]
		v := *w
		v.node, *w = x, nowhere
		for i := 0; i < len(seeds) && waiting > 0; i++ {
			if s := seeds[i]; s.Node == x {
				waiting--
				if s.Weight < v.Weight {
					v.Cost, v.before = s.Cost, None
				}
			}
		}
		c.visits = append(c.visits, v)
		c.relax(f.of(x), v)
		c.step(t, x)
	}
}

// relax offers the ways over the newest visit to the nodes above it.
func (c *climb) relax(arcs []Arc, v visit) {
	if v.Weight >= Inf {
		return
	}
	number := uint32(len(c.visits) - 1)
	waiting := c.waiting
	for _, a := range arcs {
		if w := &waiting[a.Register]; v.Weight+a.Weight < w.Weight {
			w.Cost, w.before = Cost{v.Weight + a.Weight, v.Extra + int64(a.Extra)}, number
		}
	}
}

// step moves every head that is at x to the parent, and joins those that meet.
func (c *climb) step(t *Topology, x uint32) {
	parent := t.Parent[x]
	if len(c.heads) == 1 && parent != None {
		c.heads[0] = parent
		return
	}
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

// Distance returns the cost of the shortest path from one of the seeds to
// another; its weight is [Inf] if there is none.
func (s *Search) Distance(from, to []Seed) Cost {
	best, _, _ := s.meet(from, to)
	return best
}

// Path returns the cost of the shortest path and its nodes, appended to path.
func (s *Search) Path(path []uint32, from, to []Seed) ([]uint32, Cost) {
	best, up, down := s.meet(from, to)
	if best.Weight < Inf {
		path = s.unroll(path, up, down)
	}
	return path, best
}

// meet returns the numbers of the visits at the top of the shortest path too.
func (s *Search) meet(from, to []Seed) (best Cost, up, down int) {
	s.rise.run(s.topology, &s.metric.Rise, from)
	s.fall.run(s.topology, &s.metric.Fall, to)
	best = far
	a, b := s.rise.visits, s.fall.visits
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].node > b[j].node:
			i++
		case a[i].node < b[j].node:
			j++
		default:
			w := a[i].Weight + b[j].Weight
			if w < best.Weight && a[i].Weight < Inf && b[j].Weight < Inf { // a negative seed must not make up for what is not reached
				best, up, down = Cost{w, a[i].Extra + b[j].Extra}, i, j
			}
			i, j = i+1, j+1
		}
	}
	return best, up, down
}

// unroll appends the nodes of the path over two visits of one node.
func (s *Search) unroll(path []uint32, up, down int) []uint32 {
	var climbed []uint32
	for i := uint32(up); i != None; i = s.rise.visits[i].before {
		climbed = append(climbed, s.rise.visits[i].node)
	}
	slices.Reverse(climbed)
	path = append(path, climbed[0])
	for i := 1; i < len(climbed); i++ {
		path = s.expand(path, climbed[i-1], climbed[i])
	}
	for v := s.fall.visits[down]; v.before != None; v = s.fall.visits[v.before] {
		path = s.expand(path, v.node, s.fall.visits[v.before].node)
	}
	return path
}

// expand appends the nodes after from, up to to.
func (s *Search) expand(path []uint32, from, to uint32) []uint32 {
	fan, low, high := &s.metric.Rise, from, to
	if from < to {
		fan, low, high = &s.metric.Fall, to, from
	}
	mid := fan.mid(low, s.topology.Register[high])
	if mid == None {
		return append(path, to)
	}
	return s.expand(s.expand(path, from, mid), mid, to)
}
