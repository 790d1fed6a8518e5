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
	s.rise.run(s.topology, &s.metric.Rise, from)
	var steps []step
	for _, v := range slices.Backward(s.rise.visits) {
		d := v.over(s.swept, s.metric.Fall.of(v.node))
		if d.Weight == v.Weight && d.Weight < Inf {
			steps = append(steps, step{d.Weight, v.node, int32(d.Extra)})
		}
		s.swept[s.topology.Register[v.node]] = d
	}
	return Climb{slices.Clip(steps)}
}

// FromClimbs finds the way from each of some places to one target.
func (s *Search) FromClimbs(out []Cost, from []Climb, to []Seed) {
	s.fall.run(s.topology, &s.metric.Fall, to)
	for i, v := range s.fall.visits {
		s.number[v.node] = uint32(i)
	}
	for i, c := range from {
		out[i] = c.meet(s.fall.visits, s.number)
	}
}

// meet returns the cost of the best way over an ancestor that is among the
// visits, too. A node that is, has their number.
func (c Climb) meet(visits []visit, number []uint32) Cost {
	best := far
	for _, p := range c.steps {
		i := number[p.node]
		if int(i) >= len(visits) || visits[i].node != p.node {
			continue
		}
		rest := &visits[i]
		if w := p.weight + rest.Weight; w < best.Weight && rest.Weight < Inf { // a negative seed must not make up for it
			best = Cost{w, int64(p.extra) + rest.Extra}
		}
	}
	return best
}
