package hierarchy

import "math/bits"

// Inf is the weight of what cannot be reached. Weights are below it; sums of two
// of them fit.
const Inf = int64(1) << 61

// Metric is a hierarchy for one set of weights: of the topology's arcs only those
// that may be on a shortest path.
type Metric struct {
	// Rise are the arcs up from each node, Fall those down to it.
	Rise, Fall Fan
}

// Fan is arcs by their lower node: those of x are at First[x] up to First[x+1].
type Fan struct {
	First []uint32
	Arcs  []Arc

	// Mid is the node that a shortcut leads over, None if the arc is the graph's.
	Mid []uint32

	// Lost are the topology's other arcs, in its order.
	Lost []Way

	patch *patch
}

// Arc leads from a lower node up to another one, or down from it.
type Arc struct {
	// Register is that of the upper node.
	Register uint32

	// Extra is carried along with the weight, and decides nothing.
	Extra  uint32
	Weight int64
}

// Way is the best one from one end of an arc to the other through lower nodes:
// over Mid, or the graph's own where that is None.
type Way struct {
	Weight     int64
	Extra, Mid uint32
}

// patch is the nodes of a fan that have other arcs: those of the i-th marked node
// are the i-th of rows.
type patch struct {
	marks marks
	rank  []uint32 // by word of marks: how many are marked before
	rows  Fan
}

// at returns in which fan the arcs of x are, and at which of its nodes.
func (f *Fan) at(x uint32) (*Fan, uint32) {
	p := f.patch
	if p == nil || !p.marks.has(x) {
		return f, x
	}
	return &p.rows, p.rank[x/64] + uint32(bits.OnesCount64(p.marks[x/64]&(1<<(x%64)-1)))
}

// of returns the arcs of x.
func (f *Fan) of(x uint32) []Arc {
	if f.patch != nil {
		f, x = f.at(x)
	}
	return f.Arcs[f.First[x]:f.First[x+1]]
}

// mid returns the node that the arc between x and the upper node of a register
// leads over.
func (f *Fan) mid(x, register uint32) uint32 {
	f, x = f.at(x)
	i := f.First[x]
	for f.Arcs[i].Register != register {
		i++
	}
	return f.Mid[i]
}

// marks is a set of nodes: a bit for each.
type marks []uint64

func newMarks(nodes int) marks { return make(marks, (nodes+63)/64) }

func (m marks) has(x uint32) bool { return m[x/64]>>(x%64)&1 != 0 }

func (m marks) set(x uint32) { m[x/64] |= 1 << (x % 64) }

// take removes the least important of the nodes, and returns it. The search for
// it begins at word i, and returns where it ended; that is -1 if there is none.
func (m marks) take(i int) (x uint32, word int) {
	for i >= 0 && m[i] == 0 {
		i--
	}
	if i < 0 {
		return None, -1
	}
	top := bits.Len64(m[i]) - 1
	m[i] &^= 1 << top
	return uint32(64*i + top), i
}
