package hierarchy

import "slices"

// selection is all ancestors of some seeds, so that one sweep through them
// answers for all these seeds at once (RPHAST: Delling, Goldberg and Werneck,
// 2011).
type selection struct {
	marks marks    // clear between selections
	nodes []uint32 // descending
}

func (s *selection) init(n int) { s.marks = newMarks(n) }

// gather selects what is above the seeds.
func (s *selection) gather(t *Topology, seeds []Seed) {
	highest := 0
	for _, seed := range seeds {
		highest = max(highest, int(seed.Node/64))
		for x := seed.Node; x != None && !s.marks.has(x); x = t.Parent[x] {
			s.marks.set(x)
		}
	}
	s.nodes = s.nodes[:0]
	for x, word := s.marks.take(highest); word >= 0; x, word = s.marks.take(word) {
		s.nodes = append(s.nodes, x)
	}
}

// SelectFrom prepares [Search.To] for these seeds.
func (s *Search) SelectFrom(from []Seed) { s.gather(s.topology, from) }

// To finds the way from each of the selected seeds to the nearest of some
// targets: out[i] is the cost of that of from[i], the seed's included.
func (s *Search) To(out []Cost, from, to []Seed) {
	s.sweep(out, &s.fall, &s.metric.Rise, &s.metric.Fall, from, to)
}

// SelectTo prepares [Search.From] for these seeds.
func (s *Search) SelectTo(to []Seed) { s.gather(s.topology, to) }

// From finds the way from the nearest of some seeds to each of the selected ones.
func (s *Search) From(out []Cost, from, to []Seed) {
	s.sweep(out, &s.rise, &s.metric.Fall, &s.metric.Rise, to, from)
}

// sweep answers for the selected seeds: c climbs from the few, and every
// selected node takes the best of its upper ones.
func (s *Search) sweep(out []Cost, c *climb, selected, climbed *Fan, many, few []Seed) {
	c.run(s.topology, climbed, few)
	for _, x := range slices.Backward(s.nodes) {
		d := c.dist[x]
		for _, a := range selected.of(x) {
			d.take(c.dist[a.Head], a)
		}
		c.dist[x] = d
	}
	for i, seed := range many {
		out[i] = far
		if d := c.dist[seed.Node]; d.Weight < Inf {
			out[i] = Cost{d.Weight + seed.Weight, d.Extra + seed.Extra}
		}
	}
	for _, x := range s.nodes {
		c.dist[x] = far
	}
	c.reset()
}
