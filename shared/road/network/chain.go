package network

// chainer joins segments to chains and finds the turns between them.
type chainer struct {
	*collector
	net *Network

	// The segments at vertex v are those at first[v] up to first[v+1].
	first, at []uint32
	junction  []uint32 // by vertex; None for those inside of chains
	seen      []bool   // by segment
	ends      []chainEnds
}

// chainEnds are what turns need to know of a chain's two ends.
type chainEnds struct {
	ways       [2]uint32
	restricted [2]bool // along, against
}

func newChainer(c *collector) *chainer {
	b := &chainer{collector: c, net: &Network{First: []uint32{0}}, seen: make([]bool, len(c.segments))}
	b.first, b.at = make([]uint32, len(c.nodes)+1), make([]uint32, 2*len(c.segments))
	for _, s := range c.segments {
		b.first[s.a+1]++
		b.first[s.b+1]++
	}
	for v := range c.nodes {
		b.first[v+1] += b.first[v]
	}
	next := append([]uint32(nil), b.first...)
	for i, s := range c.segments {
		b.at[next[s.a]], b.at[next[s.b]] = uint32(i), uint32(i)
		next[s.a]++
		next[s.b]++
	}
	b.junction = make([]uint32, len(c.nodes))
	for v := range b.junction {
		b.junction[v] = None
	}
	return b
}

// chains walks from every junction, and then around the circles that have none.
func (b *chainer) chains() {
	for v := range b.nodes {
		if b.first[v] != b.first[v+1] && b.isJunction(uint32(v)) {
			b.addJunction(uint32(v))
		}
	}
	for v := range b.nodes {
		if b.junction[v] == None {
			continue
		}
		for _, s := range b.at[b.first[v]:b.first[v+1]] {
			b.walk(uint32(v), s)
		}
	}
	for i, s := range b.segments {
		if !b.seen[i] {
			b.addJunction(s.a)
			b.walk(s.a, uint32(i))
		}
	}
}

func (b *chainer) addJunction(v uint32) {
	b.junction[v] = uint32(len(b.net.Junctions))
	b.net.Junctions = append(b.net.Junctions, v)
}

// isJunction reports whether something begins, ends, meets or changes at v.
func (b *chainer) isJunction(v uint32) bool {
	at := b.at[b.first[v]:b.first[v+1]]
	if len(at) != 2 || b.flags[v]&(blocked|via) != 0 || at[0] == at[1] {
		return true
	}
	in, out := b.lanes(v, at[0]), b.lanes(v, at[1])
	return in.there != out.back || in.back != out.there
}

// use is how a lane may be used.
type use struct {
	open, restricted bool
	appeal           uint8
}

// lanes returns the use of segment s from v, and to v.
func (b *chainer) lanes(v, s uint32) (l struct{ there, back use }) {
	g := b.segments[s]
	w := b.ways[g.way]
	l.there, l.back = use{g.fwd > 0, w.forward.Restricted, w.forward.Appeal}, use{g.bwd > 0, w.backward.Restricted, w.backward.Appeal}
	if g.a != v {
		l.there, l.back = l.back, l.there
	}
	return l
}

// walk adds the chain that begins at v with segment s, unless it is known.
func (b *chainer) walk(v, s uint32) {
	if b.seen[s] {
		return
	}
	n, chain := b.net, uint32(len(b.net.First)-1)
	l := b.lanes(v, s)
	ends := chainEnds{restricted: [2]bool{l.there.restricted, l.back.restricted}}
	ends.ways[0] = b.segments[s].way
	var mm, fwd, bwd uint32
	start := v
	b.addPoint(v, chain, mm, fwd, bwd)
	for {
		b.seen[s] = true
		g := b.segments[s]
		dFwd, dBwd, next := g.fwd, g.bwd, g.b
		if g.a != v {
			dFwd, dBwd, next = g.bwd, g.fwd, g.a
		}
		if b.junction[next] == None {
			dFwd += b.waits[next]
		}
		if b.junction[v] == None {
			dBwd += b.waits[v]
		}
		mm, fwd, bwd, v = mm+g.mm, fwd+dFwd, bwd+dBwd, next
		b.addPoint(v, chain, mm, fwd, bwd)
		if b.junction[v] != None {
			break
		}
		s = b.other(v, s)
	}
	ends.ways[1] = b.segments[s].way
	b.ends = append(b.ends, ends)
	n.First = append(n.First, uint32(len(n.Lat)))
	n.Appeal = append(n.Appeal, l.there.appeal)
	n.Ends = append(n.Ends, [2]uint32{b.junction[start], b.junction[v]})
	b.addArcs(chain, l.there.open, l.back.open)
}

func (b *chainer) other(v, s uint32) uint32 {
	at := b.at[b.first[v]:b.first[v+1]]
	if at[0] == s {
		return at[1]
	}
	return at[0]
}

func (b *chainer) addPoint(v, chain, mm, fwd, bwd uint32) {
	n := b.net
	n.Lat, n.Lng, n.Node = append(n.Lat, b.lat[v]), append(n.Lng, b.lng[v]), append(n.Node, b.nodes[v])
	n.Chain = append(n.Chain, chain)
	n.MM, n.Fwd, n.Bwd = append(n.MM, mm), append(n.Fwd, fwd), append(n.Bwd, bwd)
}

func (b *chainer) addArcs(chain uint32, there, back bool) {
	n := b.net
	for direction, open := range []bool{there, back} {
		if !open {
			n.Arcs = append(n.Arcs, None)
			continue
		}
		n.Arcs = append(n.Arcs, uint32(len(n.Lanes)))
		n.Lanes = append(n.Lanes, 2*chain+uint32(direction))
	}
}
