package hierarchy

import "slices"

// labels are the costs between some places and all their ancestors. Two places
// that have theirs need no search: the best way leads over one of the ancestors
// that they share, and those are where both lists begin.
type labels struct {
	first  []int    // label i is at first[i] up to first[i+1]
	shared []int    // how many nodes of label i are above all of its seeds
	nodes  []uint32 // ascending: the root first
	weight []int64
	extra  []int64
}

// label is one of them.
type label struct {
	nodes         []uint32
	weight, extra []int64
	shared        int
}

// unmet is the weight of an ancestor that cannot be reached: too much for any
// negative seed to make up for.
const unmet = Inf + Inf/2

// HoldSources keeps what [Search.FromHeld] needs to know of some sources.
func (s *Search) HoldSources(n int, seeds func(i int) []Seed) {
	s.held.clear()
	for i := range n {
		s.held.add(s.topology, &s.rise, &s.metric.Rise, seeds(i))
	}
}

// HoldTargets keeps what [Search.ToHeld] needs to know of some targets.
func (s *Search) HoldTargets(n int, seeds func(i int) []Seed) {
	s.held.clear()
	for i := range n {
		s.held.add(s.topology, &s.fall, &s.metric.Fall, seeds(i))
	}
}

// FromHeld finds the way from each of the sources that are held to one target.
func (s *Search) FromHeld(out []Cost, to []Seed) {
	s.single.clear()
	s.single.add(s.topology, &s.fall, &s.metric.Fall, to)
	s.meetHeld(out)
}

// ToHeld finds the way from one source to each of the targets that are held.
func (s *Search) ToHeld(out []Cost, from []Seed) {
	s.single.clear()
	s.single.add(s.topology, &s.rise, &s.metric.Rise, from)
	s.meetHeld(out)
}

func (s *Search) meetHeld(out []Cost) {
	one := s.single.at(0)
	for i := range out {
		out[i] = one.meet(s.held.at(i))
	}
}

func (l *labels) clear() {
	l.first, l.shared = append(l.first[:0], 0), l.shared[:0]
	l.nodes, l.weight, l.extra = l.nodes[:0], l.weight[:0], l.extra[:0]
}

// add climbs from the seeds of a place.
func (l *labels) add(t *Topology, c *climb, f *Fan, seeds []Seed) {
	c.run(t, f, seeds)
	for _, v := range slices.Backward(c.visits) {
		if v.Weight >= Inf {
			v.Weight = unmet
		}
		l.nodes, l.weight, l.extra = append(l.nodes, v.node), append(l.weight, v.Weight), append(l.extra, v.Extra)
	}
	l.shared = append(l.shared, sharedBy(t, l.nodes[l.first[len(l.first)-1]:]))
	l.first = append(l.first, len(l.nodes))
}

// sharedBy counts those of a label's nodes that are above all of its seeds: the
// others belong to branches.
func sharedBy(t *Topology, nodes []uint32) int {
	shared := len(nodes)
	for i := len(nodes) - 1; i > 0; i-- {
		parent := t.Parent[nodes[i]]
		if parent == nodes[i-1] {
			continue
		}
		if parent == None {
			return 0
		}
		for shared > 0 && nodes[shared-1] > parent {
			shared--
		}
	}
	return shared
}

func (l *labels) at(i int) label {
	from, to := l.first[i], l.first[i+1]
	return label{l.nodes[from:to], l.weight[from:to], l.extra[from:to], l.shared[i]}
}

// meet returns the cost of the best way over a node that both have.
func (a label) meet(b label) Cost {
	n := commonLength(a.nodes, b.nodes)
	best, at := Inf, -1
	others := b.weight[:n]
	for k, w := range a.weight[:n] {
		if v := w + others[k]; v < best {
			best, at = v, k
		}
	}
	least := far
	if at >= 0 {
		least = Cost{best, a.extra[at] + b.extra[at]}
	}
	if n < min(len(a.nodes), len(b.nodes)) && (n >= a.shared || n >= b.shared) {
		return a.meetBranches(b, n, least)
	}
	return least
}

// commonLength is how far two lists are equal.
func commonLength(a, b []uint32) int {
	n := min(len(a), len(b))
	for k, x := range a[:n] {
		if b[k] != x {
			return k
		}
	}
	return n
}

// meetBranches goes on after the n first nodes, where one has branches.
func (a label) meetBranches(b label, n int, least Cost) Cost {
	for i, j := n, n; i < len(a.nodes) && j < len(b.nodes); {
		switch x, y := a.nodes[i], b.nodes[j]; {
		case x < y:
			i++
		case x > y:
			j++
		default:
			if v := a.weight[i] + b.weight[j]; v < least.Weight {
				least = Cost{v, a.extra[i] + b.extra[j]}
			}
			i, j = i+1, j+1
		}
	}
	return least
}
