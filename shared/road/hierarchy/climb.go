package hierarchy

import "slices"

// Climb is what a search from a place finds on its way up: the ancestors that a
// shortest path may lead over, and what each costs. It is good for as long as
// its metric, and holds on to nothing.
type Climb struct{ steps []step }

type step struct {
	weight int64
	node   uint32
	extra  int32
}

// Climb returns the way up from some seeds. Ancestors that are reached sooner
// over another one, down again, are left out: most of them are.
func (s *Search) Climb(from []Seed) Climb {
	c := &s.rise
	c.run(s.topology, &s.metric.Rise, from)
	down, kept := &s.metric.Fall, c.nodes[:0:0]
	for _, x := range slices.Backward(c.nodes) {
		d := c.dist[x]
		for _, a := range down.of(x) {
			d.take(c.dist[a.Head], a)
		}
		if d.Weight == c.dist[x].Weight && d.Weight < Inf {
			kept = append(kept, x)
		}
		c.dist[x] = d
	}
	steps := make([]step, len(kept))
	for i, x := range kept {
		steps[i] = step{c.dist[x].Weight, x, int32(c.dist[x].Extra)}
	}
	c.reset()
	return Climb{steps}
}

// FromClimbs finds the way from each of some places to one target.
func (s *Search) FromClimbs(out []Cost, from []Climb, to []Seed) {
	s.fall.run(s.topology, &s.metric.Fall, to)
	for i, c := range from {
		out[i] = c.meet(s.fall.dist)
	}
	s.fall.reset()
}

// meet returns the cost of the best way over an ancestor, from which down tells
// the costs.
func (c Climb) meet(down []Cost) Cost {
	best, at := Inf, -1
	for i, p := range c.steps {
		rest := down[p.node].Weight
		if v := p.weight + rest; v < best && rest < Inf { // a negative seed must not make up for it
			best, at = v, i
		}
	}
	if at < 0 {
		return far
	}
	p := c.steps[at]
	return Cost{best, int64(p.extra) + down[p.node].Extra}
}
