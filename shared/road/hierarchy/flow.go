package hierarchy

import "slices"

// flow finds largest flows between sets of nodes, over edges of capacity one in
// each direction, by Dinic's algorithm.
type flow struct {
	first []uint32 // the half-edges that leave node v are out[first[v]:first[v+1]]
	out   []uint32
	head  []uint32 // by half-edge: edge e has 2e and 2e+1
	sent  []int8   // by edge: along 2e

	role  []uint8  // by node
	level []uint32 // by node: 1 + the distance from the sources; 0 is unreached
	next  []uint32 // by node: the half-edge to try
	queue []uint32
	path  []uint32 // half-edges
}

const (
	source = 1
	sink   = 2
)

// load sets the graph.
func (f *flow) load(nodes, edges int, ends func(i int) (uint32, uint32)) {
	f.first, f.out = resize(f.first, nodes+1), resize(f.out, 2*edges)
	f.head, f.sent = resize(f.head, 2*edges), resize(f.sent, edges)
	f.role, f.level, f.next = resize(f.role, nodes), resize(f.level, nodes), resize(f.next, nodes)
	clear(f.first)
	for i := range edges {
		a, b := ends(i)
		f.head[2*i], f.head[2*i+1] = b, a
		f.first[a+1]++
		f.first[b+1]++
	}
	for v := range nodes {
		f.first[v+1] += f.first[v]
	}
	copy(f.next, f.first)
	for h := range f.head {
		tail := f.head[h^1]
		f.out[f.next[tail]] = uint32(h)
		f.next[tail]++
	}
}

func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// run sends what it can from sources to sinks, whose numbers are the low halves
// of the keys. It gives up, and is false, when the flow reaches the limit.
func (f *flow) run(sources, sinks []uint64, limit int) (size int, ok bool) {
	clear(f.sent)
	clear(f.role)
	for _, k := range sources {
		f.role[uint32(k)] = source
	}
	for _, k := range sinks {
		f.role[uint32(k)] = sink
	}
	for f.layer(sources) {
		copy(f.next, f.first)
		for _, k := range sources {
			for f.augment(uint32(k)) {
				if size++; size >= limit {
					return size, false
				}
			}
		}
	}
	return size, true
}

// residual reports whether half-edge h can take more.
func (f *flow) residual(h uint32) bool {
	if h&1 == 0 {
		return f.sent[h>>1] < 1
	}
	return f.sent[h>>1] > -1
}

// layer numbers the nodes by their distance from the sources, and reports
// whether a sink is among them.
func (f *flow) layer(sources []uint64) (found bool) {
	clear(f.level)
	f.queue = f.queue[:0]
	for _, k := range sources {
		f.level[uint32(k)] = 1
		f.queue = append(f.queue, uint32(k))
	}
	for i := 0; i < len(f.queue); i++ {
		v := f.queue[i]
		for _, h := range f.out[f.first[v]:f.first[v+1]] {
			if w := f.head[h]; f.level[w] == 0 && f.residual(h) {
				f.level[w] = f.level[v] + 1
				found = found || f.role[w] == sink
				f.queue = append(f.queue, w)
			}
		}
	}
	return found
}

// augment sends one unit along the layers from a source.
func (f *flow) augment(from uint32) bool {
	f.path = f.path[:0]
	v := from
	for {
		if f.role[v] == sink {
			break
		}
		if h, ok := f.advance(v); ok {
			f.path = append(f.path, h)
			v = f.head[h]
			continue
		}
		if v == from {
			return false
		}
		h := f.path[len(f.path)-1]
		f.path = f.path[:len(f.path)-1]
		v = f.head[h^1]
		f.next[v]++
	}
	for _, h := range f.path {
		f.sent[h>>1] += 1 - 2*int8(h&1)
	}
	return true
}

func (f *flow) advance(v uint32) (uint32, bool) {
	for ; f.next[v] < f.first[v+1]; f.next[v]++ {
		h := f.out[f.next[v]]
		if f.level[f.head[h]] == f.level[v]+1 && f.residual(h) {
			return h, true
		}
	}
	return 0, false
}

// side returns which nodes the sources still reach after a run, and the size of
// the smaller side.
func (f *flow) side() (reached []bool, small int) {
	reached = make([]bool, len(f.level))
	for v, l := range f.level {
		reached[v] = l > 0
	}
	return reached, min(len(f.queue), len(f.level)-len(f.queue))
}
