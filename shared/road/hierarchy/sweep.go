package hierarchy

import "math/bits"

// selection is all ancestors of some seeds, so that one sweep through them
// answers for all these seeds at once (RPHAST: Delling, Goldberg and Werneck,
// 2011).
type selection struct {
	nodes   []uint32 // ascending; those of seeds are marked
	answers []Cost   // by number of a seed's node

	// Clear between selections.
	above, seeds marks
}

// marked is the bit of a node that a seed is at.
const marked = 1 << 31

func (s *selection) init(t *Topology) {
	s.above, s.seeds = newMarks(t.Nodes()), newMarks(t.Nodes())
}

// gather selects what is above the seeds, and numbers the nodes that they are at.
func (s *Search) gather(seeds []Seed) {
	highest := 0
	for _, seed := range seeds {
		highest = max(highest, int(seed.Node/64))
		s.seeds.set(seed.Node)
		for x := seed.Node; x != None && !s.above.has(x); x = s.topology.Parent[x] {
			s.above.set(x)
		}
	}
	s.nodes = s.nodes[:0]
	count := uint32(0)
	for w := range s.above[:highest+1] {
		for word := s.above[w]; word != 0; word &= word - 1 {
			x := uint32(64*w + bits.TrailingZeros64(word))
			if s.seeds.has(x) {
				s.number[x], count = count, count+1
				x |= marked
			}
			s.nodes = append(s.nodes, x)
		}
		s.above[w], s.seeds[w] = 0, 0
	}
}

// SelectFrom prepares [Search.To] for these seeds.
func (s *Search) SelectFrom(from []Seed) { s.gather(from) }

// To finds the way from each of the selected seeds to the nearest of some
// targets: out[i] is the cost of that of from[i], the seed's included.
func (s *Search) To(out []Cost, from, to []Seed) {
	s.fall.run(s.topology, &s.metric.Fall, to)
	s.sweep(out, &s.fall, &s.metric.Rise, from)
}

// SelectTo prepares [Search.From] for these seeds.
func (s *Search) SelectTo(to []Seed) { s.gather(to) }

// From finds the way from the nearest of some seeds to each of the selected ones.
func (s *Search) From(out []Cost, from, to []Seed) {
	s.rise.run(s.topology, &s.metric.Rise, from)
	s.sweep(out, &s.rise, &s.metric.Fall, to)
}

// sweep answers for the selected seeds: c has climbed from the few, and every
// selected node takes the best of its upper ones.
func (s *Search) sweep(out []Cost, c *climb, f *Fan, seeds []Seed) {
	s.answers = s.answers[:0]
	climbed, register := cursor{c.visits}, s.topology.Register
	for _, x := range s.nodes {
		d := climbed.at(x&^marked).over(s.swept, f.of(x&^marked))
		s.swept[register[x&^marked]] = d
		if x&marked != 0 {
			s.answers = append(s.answers, d)
		}
	}
	for i, seed := range seeds {
		out[i] = far
		if d := s.answers[s.number[seed.Node]]; d.Weight < Inf {
			out[i] = Cost{d.Weight + seed.Weight, d.Extra + seed.Extra}
		}
	}
}

// cursor goes through the visits of a climb from the root on.
type cursor struct{ visits []visit }

// at returns what the climb found at a node, for ascending nodes.
func (c *cursor) at(x uint32) Cost {
	for len(c.visits) > 0 {
		switch v := &c.visits[len(c.visits)-1]; {
		case v.node > x:
			return far
		case v.node == x:
			return v.Cost
		}
		c.visits = c.visits[:len(c.visits)-1]
	}
	return far
}
