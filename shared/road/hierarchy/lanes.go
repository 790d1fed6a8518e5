package hierarchy

// Lanes is how many sweeps are done at once: each arc is read once for all.
const Lanes = 8

// lanes is the memory of such sweeps.
type lanes struct {
	visits  [Lanes][]visit
	swept   []row // by register
	answers []row // by number of a seed's node
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
	s.climbEach(&s.fall, &s.metric.Fall, to)
	s.sweepEach(out, &s.metric.Rise, from)
}

// FromEach is [Search.From] for up to Lanes sources: out[k] is for from[k].
func (s *Search) FromEach(out [][]Cost, from [][]Seed, to []Seed) {
	s.climbEach(&s.rise, &s.metric.Rise, from)
	s.sweepEach(out, &s.metric.Fall, to)
}

func (s *Search) climbEach(c *climb, f *Fan, few [][]Seed) {
	for k := range s.lanes.visits {
		s.lanes.visits[k] = s.lanes.visits[k][:0]
		if k < len(few) {
			c.run(s.topology, f, few[k])
			s.lanes.visits[k] = append(s.lanes.visits[k], c.visits...)
		}
	}
}

func (s *Search) sweepEach(out [][]Cost, f *Fan, seeds []Seed) {
	l := &s.lanes
	if l.swept == nil {
		l.swept = make([]row, s.topology.count())
	}
	l.answers = l.answers[:0]
	var climbed [Lanes]cursor
	for k := range climbed {
		climbed[k].visits = l.visits[k]
	}
	for _, x := range s.nodes {
		own := &l.swept[s.topology.Register[x&^marked]]
		for k := range own {
			own[k] = climbed[k].at(x &^ marked)
		}
		for _, a := range f.of(x &^ marked) {
			own.relax(&l.swept[a.Register], a)
		}
		if x&marked != 0 {
			l.answers = append(l.answers, *own)
		}
	}
	for i, seed := range seeds {
		costs := &l.answers[s.number[seed.Node]]
		for k := range out {
			out[k][i] = far
			if d := costs[k]; d.Weight < Inf {
				out[k][i] = Cost{d.Weight + seed.Weight, d.Extra + seed.Extra}
			}
		}
	}
}
