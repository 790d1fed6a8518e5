// Package hierarchy finds shortest paths in a graph that was ordered beforehand:
// customizable contraction hierarchies (Dibbelt, Strasser and Wagner, 2016).
//
// Node 0 is the most important. A [Topology] depends on the order alone, a
// [Metric] on the weights too, and making another Metric takes milliseconds. A
// [Search] answers questions about a Metric. All answers are exact.
package hierarchy

import (
	"math"
	"slices"
)

// None is no node.
const None = math.MaxUint32

// Topology is the graph with all shortcuts that any weights may need. An edge
// joins two nodes, whatever the directions; its lower node is the one of the
// larger number.
type Topology struct {
	// Up[First[x]:First[x+1]] are the upper neighbours of x, ascending.
	First, Up []uint32

	// Parent is the last of a node's upper neighbours, None at a root: the node
	// above it in the elimination tree. Every node that a search from x can meet on
	// the way up is an ancestor of x.
	Parent []uint32

	// The edges down from y are Edge[DownFirst[y]:DownFirst[y+1]], and Tail their
	// lower nodes.
	DownFirst, Edge, Tail []uint32

	// Slot[i] is twice the edge of arc i of the graph, plus one if the arc leads
	// down; None for a loop.
	Slot []uint32
}

// NewTopology returns the topology of a graph: the arcs from node x are those at
// first[x] up to first[x+1], and lead to.
func NewTopology(first, to []uint32) *Topology {
	n := len(first) - 1
	t := &Topology{First: make([]uint32, n+1)}
	t.fill(lowered(first, to))
	t.turnDown()
	t.place(first, to)
	return t
}

// lowered returns for each node its neighbours of smaller number.
func lowered(first, to []uint32) [][]uint32 {
	up := make([][]uint32, len(first)-1)
	for x := range up {
		for _, y := range to[first[x]:first[x+1]] {
			if low, high := max(uint32(x), y), min(uint32(x), y); low != high {
				up[low] = append(up[low], high)
			}
		}
	}
	return up
}

// fill adds what eliminating the nodes, the least important first, adds: each
// one's upper neighbours become its parent's.
func (t *Topology) fill(up [][]uint32) {
	total := uint32(0)
	for x := len(up) - 1; x >= 0; x-- {
		slices.Sort(up[x])
		up[x] = slices.Clip(slices.Compact(up[x]))
		total += uint32(len(up[x]))
		if k := len(up[x]); k > 1 {
			parent := up[x][k-1]
			up[parent] = append(up[parent], up[x][:k-1]...)
		}
	}
	t.Up = make([]uint32, 0, total)
	for x := range up {
		t.Up = append(t.Up, up[x]...)
		t.First[x+1] = uint32(len(t.Up))
		t.Parent = append(t.Parent, parent(up[x]))
	}
}

func parent(up []uint32) uint32 {
	if len(up) == 0 {
		return None
	}
	return up[len(up)-1]
}

// turnDown lists the edges by their upper nodes.
func (t *Topology) turnDown() {
	n := len(t.First) - 1
	t.DownFirst, t.Edge, t.Tail = make([]uint32, n+1), make([]uint32, len(t.Up)), make([]uint32, len(t.Up))
	for _, y := range t.Up {
		t.DownFirst[y+1]++
	}
	for y := range n {
		t.DownFirst[y+1] += t.DownFirst[y]
	}
	next := slices.Clone(t.DownFirst)
	for x := range n {
		for e := t.First[x]; e < t.First[x+1]; e++ {
			y := t.Up[e]
			t.Edge[next[y]], t.Tail[next[y]] = e, uint32(x)
			next[y]++
		}
	}
}

func (t *Topology) place(first, to []uint32) {
	t.Slot = make([]uint32, len(to))
	for x := range first[1:] {
		for i := first[x]; i < first[x+1]; i++ {
			low, high, down := uint32(x), to[i], uint32(0)
			if low == high {
				t.Slot[i] = None
				continue
			}
			if low < high {
				low, high, down = high, low, 1
			}
			e, _ := slices.BinarySearch(t.Up[t.First[low]:t.First[low+1]], high)
			t.Slot[i] = 2*(t.First[low]+uint32(e)) + down
		}
	}
}

// Nodes returns the number of nodes.
func (t *Topology) Nodes() int { return len(t.First) - 1 }
