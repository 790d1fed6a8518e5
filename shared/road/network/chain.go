package network

import "lastmile/shared/road/profile"

// chainer joins segments to chains and finds the turns between them.
type chainer struct {
	*collector
	net *Network

	// The segments at vertex v are those at first[v] up to first[v+1].
	first, at []uint32
	junction  []uint32 // by vertex; None for those inside of chains
	lane      []uint32 // by segment, of those who drive it from a to b; None before it is known

	open, restricted []bool      // by lane
	round            []bool      // by chain
	tips             [][2]uint32 // the first and the last segment of each chain
	passed           []pass      // of the chain that is walked

	starts map[uint32]*history   // of one lane, by it
	copies map[uint32][]*history // of several, by their last
	driven map[uint32]*history   // by arc, where there is one
}

func newChainer(c *collector) *chainer {
	b := &chainer{collector: c, net: &Network{First: []uint32{0}}, lane: make([]uint32, len(c.segments))}
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
	for s := range b.lane {
		b.lane[s] = None
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
		if b.lane[i] == None {
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
	if len(at) != 2 || b.flags[v]&(blocked|via|turning) != 0 || at[0] == at[1] {
		return true
	}
	in, out := b.lanes(v, at[0]), b.lanes(v, at[1])
	return in.there != out.back || in.back != out.there
}

// use is how a lane may be used.
type use struct {
	open, restricted, transit, round bool
	appeal                           uint8
}

// lanes returns the use of segment s from v, and to v.
func (b *chainer) lanes(v, s uint32) (l struct{ there, back use }) {
	g := b.segments[s]
	w := b.ways[g.way]
	of := func(ms uint32, l profile.Lane) use { return use{ms > 0, l.Restricted, l.Transit, l.Round, l.Appeal} }
	l.there, l.back = of(g.fwd, w.forward), of(g.bwd, w.backward)
	if g.a != v {
		l.there, l.back = l.back, l.there
	}
	return l
}

// walk adds the chain that begins at v with segment s, unless it is known.
func (b *chainer) walk(v, s uint32) {
	if b.lane[s] != None {
		return
	}
	n, chain := b.net, uint32(len(b.net.First)-1)
	l := b.lanes(v, s)
	var mm, fwd, bwd uint32
	start, tip := v, s
	b.addPoint(v, chain, mm, fwd, bwd)
	for {
		g := b.segments[s]
		dFwd, dBwd, next := g.fwd, g.bwd, g.b
		b.lane[s] = 2 * chain
		if g.a != v {
			dFwd, dBwd, next = g.bwd, g.fwd, g.a
			b.lane[s]++
		}
		mm, fwd, bwd, v = mm+g.mm, fwd+dFwd, bwd+dBwd, next
		b.addPoint(v, chain, mm, fwd, bwd)
		if b.junction[v] != None {
			break
		}
		turn := b.other(v, s)
		if d, ok := b.delays[v]; ok {
			b.passed = append(b.passed, pass{d, uint32(len(n.Lat) - 1), b.arrives(v, s), b.arrives(v, turn)})
		}
		s = turn
	}
	n.First = append(n.First, uint32(len(n.Lat)))
	n.Appeal, n.Transit = append(n.Appeal, l.there.appeal), append(n.Transit, l.there.transit)
	n.Ends = append(n.Ends, [2]uint32{b.junction[start], b.junction[v]})
	b.tips, b.round = append(b.tips, [2]uint32{tip, s}), append(b.round, l.there.round)
	b.open, b.restricted = append(b.open, l.there.open, l.back.open), append(b.restricted, l.there.restricted, l.back.restricted)
	b.wait()
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

// number gives every lane its arcs: one, and one for each history.
func (b *chainer) number() {
	n := b.net
	b.driven = make(map[uint32]*history)
	add := func(lane int, h *history) {
		if h != nil {
			h.arc = uint32(len(n.Lanes))
			b.driven[h.arc] = h
		}
		n.Lanes = append(n.Lanes, uint32(lane))
	}
	for lane, open := range b.open {
		if !open {
			n.Arcs = append(n.Arcs, None)
			continue
		}
		n.Arcs = append(n.Arcs, uint32(len(n.Lanes)))
		add(lane, b.starts[uint32(lane)])
		for _, h := range b.copies[uint32(lane)] {
			add(lane, h)
		}
	}
}
