package hierarchy

import "slices"

// Lanes is how many sweeps are done at once: each arc is read once for all.
const Lanes = 8

// lanes is the memory of such sweeps: a row for each selected node, in the order
// of the sweep.
type lanes struct {
	row   []uint32 // by node; only that of a selected one is true
	costs []row
}

// row is the costs of one node, by lane.
type row [Lanes]Cost

// relax takes what is better over an upper node.
func (r *row) relax(upper *row, a Arc) {
	for k := range r {
		r[k].take(upper[k], a)
	}
}

// ToEach is [Search.To] for up to Lanes targets: out[k] is for to[k].
func (s *Search) ToEach(out [][]Cost, from []Seed, to [][]Seed) {
	s.sweepEach(out, &s.fall, &s.metric.Rise, &s.metric.Fall, from, to)
}

// FromEach is [Search.From] for up to Lanes sources: out[k] is for from[k].
func (s *Search) FromEach(out [][]Cost, from [][]Seed, to []Seed) {
	s.sweepEach(out, &s.rise, &s.metric.Fall, &s.metric.Rise, to, from)
}

func (s *Search) sweepEach(out [][]Cost, c *climb, selected, climbed *Fan, many []Seed, few [][]Seed) {
	l := &s.lanes
	l.open(s.topology.Nodes(), s.nodes)
	for k, seeds := range few {
		c.run(s.topology, climbed, seeds)
		for _, x := range c.nodes {
			if i := l.row[x]; int(i) < len(s.nodes) && s.nodes[len(s.nodes)-1-int(i)] == x {
				l.costs[i][k] = c.dist[x]
			}
		}
		c.reset()
	}
	for i, x := range slices.Backward(s.nodes) {
		own := &l.costs[len(s.nodes)-1-i]
		for _, a := range selected.of(x) {
			own.relax(&l.costs[l.row[a.Head]], a)
		}
	}
	for i, seed := range many {
		costs := &l.costs[l.row[seed.Node]]
		for k := range few {
			out[k][i] = far
			if d := costs[k]; d.Weight < Inf {
				out[k][i] = Cost{d.Weight + seed.Weight, d.Extra + seed.Extra}
			}
		}
	}
}

// open gives every selected node a row of what is not reached yet.
func (l *lanes) open(n int, nodes []uint32) {
	if l.row == nil {
		l.row = make([]uint32, n)
	}
	var nowhere row
	for k := range nowhere {
		nowhere[k] = far
	}
	l.costs = slices.Grow(l.costs[:0], len(nodes))[:len(nodes)]
	for i, x := range nodes {
		at := len(nodes) - 1 - i
		l.row[x] = uint32(at)
		l.costs[at] = nowhere
	}
}
