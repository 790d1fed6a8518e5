package hierarchy

// registers gives every node a place among few, in which a search keeps what it
// knows of the node, as a compiler does with variables (linear scan: Poletto and
// Sarkar, 1999). A search goes through nodes in the order of their numbers and
// looks only at upper ends of their arcs, so a node needs its register from its
// own turn to that of its last lower end. Some hundred are enough for a country,
// and stay in the fastest memory.
//
// The last one of the result is how many there are.
func (t *Topology) registers() []uint32 {
	n := t.Nodes()
	out, count := make([]uint32, n, n+1), uint32(0)
	due := newChains(n) // nodes by the turn after which they need none
	var free []uint32
	for x := range uint32(n) {
		due.add(max(x, t.Rise.lowest(x), t.Fall.lowest(x)), x)
		if len(free) == 0 {
			free, count = append(free, count), count+1
		}
		out[x], free = free[len(free)-1], free[:len(free)-1]
		for y := due.first[x]; y != None; y = due.next[y] {
			free = append(free, out[y])
		}
	}
	return append(out, count)
}

// lowest returns the lowest of the lower ends of the arcs whose upper end is y, 0
// if there is none.
func (s *Side) lowest(y uint32) uint32 {
	if s.DownFirst[y] == s.DownFirst[y+1] {
		return 0
	}
	return s.Tail[s.DownFirst[y+1]-1]
}

// chains are lists that share no element.
type chains struct{ first, next []uint32 }

func newChains(n int) chains {
	c := chains{make([]uint32, n), make([]uint32, n)}
	for i := range c.first {
		c.first[i] = None
	}
	return c
}

func (c chains) add(list, x uint32) { c.next[x], c.first[list] = c.first[list], x }

// count returns how many registers there are.
func (t *Topology) count() int { return int(t.Register[t.Nodes()]) }
