// Package hierarchy finds shortest paths in a graph that was ordered beforehand:
// customizable contraction hierarchies (Dibbelt, Strasser and Wagner, 2016).
//
// Node 0 is the most important. A [Topology] depends on the order alone, a
// [Metric] on the weights too; an [Amender] makes another Metric in
// milliseconds. A [Search] answers questions about a Metric. All answers are
// exact.
package hierarchy

import (
	"math"
	"slices"
)

// None is no node.
const None = math.MaxUint32

// Graph is what paths are looked for in: the arcs from node x are those at
// First[x] up to First[x+1], and lead To.
type Graph struct{ First, To []uint32 }

// Topology is a graph with all shortcuts that any weights may need. Of the two
// ends of an arc the lower one is the node of the larger number.
type Topology struct {
	// Parent is the node above each one in the elimination tree, None at a root.
	// Every node that a search from x can meet on the way up is an ancestor of x.
	Parent []uint32

	// Register is where a search keeps what it knows of each node: no two nodes that
	// it needs to know of at once have the same. The last one is their number.
	Register []uint32

	// Rise are the arcs that lead up, Fall those that lead down.
	Rise, Fall Side

	// Slot[i] is twice the number of the graph's arc i in its side, plus one if that
	// is Fall; None for a loop.
	Slot []uint32
}

// Side is the arcs of one direction.
type Side struct {
	// Head[First[x]:First[x+1]] are the upper ends of the arcs whose lower end is x,
	// ascending.
	First, Head []uint32

	// Tail[DownFirst[y]:DownFirst[y+1]] are the lower ends of the arcs whose upper
	// end is y, ascending.
	DownFirst, Tail []uint32
}

// NewTopology returns the topology of a graph.
func NewTopology(g Graph) *Topology {
	rise, fall := g.sides()
	t := &Topology{Parent: parents(rise, fall)}
	fill(rise, fall)
	t.Rise, t.Fall = newSide(rise), newSide(fall)
	t.Register = t.registers()
	t.place(g)
	return t
}

// sides returns the upper ends of the arcs that lead up from each node, and of
// those that lead down to it.
func (g Graph) sides() (rise, fall [][]uint32) {
	rise, fall = make([][]uint32, len(g.First)-1), make([][]uint32, len(g.First)-1)
	for i := range rise {
		x := uint32(i)
		for _, y := range g.To[g.First[x]:g.First[x+1]] {
			switch {
			case y < x:
				rise[x] = append(rise[x], y)
			case y > x:
				fall[y] = append(fall[y], x)
			}
		}
	}
	return rise, fall
}

// parents returns the elimination tree (Liu, 1990).
func parents(rise, fall [][]uint32) []uint32 {
	n := len(rise)
	below := make([][]uint32, n)
	for x := range n {
		for _, y := range slices.Concat(rise[x], fall[x]) {
			below[y] = append(below[y], uint32(x))
		}
	}
	parent, above := make([]uint32, n), make([]uint32, n) // above is some ancestor
	for i := n - 1; i >= 0; i-- {
		y := uint32(i)
		parent[y], above[y] = None, None
		for _, x := range below[y] {
			for x != y {
				next := above[x]
				if above[x] = y; next == None {
					parent[x], next = y, y
				}
				x = next
			}
		}
	}
	return parent
}

// fill adds what eliminating the nodes, the least important first, adds: a
// shortcut from each node that leads to the eliminated one to each that follows.
func fill(rise, fall [][]uint32) {
	for x := len(rise) - 1; x >= 0; x-- {
		rise[x], fall[x] = set(rise[x]), set(fall[x])
		for _, y := range fall[x] {
			rise[y] = append(rise[y], until(rise[x], y)...)
		}
		for _, y := range rise[x] {
			fall[y] = append(fall[y], until(fall[x], y)...)
		}
	}
}

func set(nodes []uint32) []uint32 {
	slices.Sort(nodes)
	return slices.Clip(slices.Compact(nodes))
}

// until returns those of ascending nodes that are above y.
func until(nodes []uint32, y uint32) []uint32 {
	i, _ := slices.BinarySearch(nodes, y)
	return nodes[:i]
}

// newSide returns the side of these upper ends by lower end.
func newSide(up [][]uint32) Side {
	n := len(up)
	s := Side{First: make([]uint32, n+1), Head: slices.Concat(up...), DownFirst: make([]uint32, n+1)}
	for x, heads := range up {
		s.First[x+1] = s.First[x] + uint32(len(heads))
		for _, y := range heads {
			s.DownFirst[y+1]++
		}
	}
	for y := range n {
		s.DownFirst[y+1] += s.DownFirst[y]
	}
	s.Tail = make([]uint32, len(s.Head))
	next := slices.Clone(s.DownFirst)
	for x, heads := range up {
		for _, y := range heads {
			s.Tail[next[y]] = uint32(x)
			next[y]++
		}
	}
	return s
}

func (t *Topology) place(g Graph) {
	t.Slot = make([]uint32, len(g.To))
	for i := range t.Nodes() {
		x := uint32(i)
		for a := g.First[x]; a < g.First[x+1]; a++ {
			switch y := g.To[a]; {
			case y < x:
				t.Slot[a] = 2 * t.Rise.find(x, y)
			case y > x:
				t.Slot[a] = 2*t.Fall.find(y, x) + 1
			default:
				t.Slot[a] = None
			}
		}
	}
}

// find returns the number of the arc between x and an upper node that it has.
func (s *Side) find(x, upper uint32) uint32 {
	low, high := s.First[x], s.First[x+1]
	for low < high {
		if half := (low + high) / 2; s.Head[half] < upper {
			low = half + 1
		} else {
			high = half
		}
	}
	return low
}

// Nodes returns the number of nodes.
func (t *Topology) Nodes() int { return len(t.Parent) }
