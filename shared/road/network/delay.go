package network

import (
	"slices"

	"lastmile/shared/road/profile"
)

// delay is what it costs to pass a vertex.
type delay struct {
	always uint32 // ms
	sign   profile.Sign
}

// nearJunction is within how many millimetres of a junction a stop sign that
// says nothing of its direction is meant for those who come to that junction,
// not from it.
const nearJunction = 20_000

// pass is a delayed point inside of a chain, and whether those who come along
// the chain, and those who come against it, come along the way's nodes.
type pass struct {
	delay
	point          uint32
	along, against bool
}

// arrives reports whether those who come to v on segment s come along its way.
func (b *chainer) arrives(v, s uint32) bool { return b.segments[s].b == v }

// wait adds the delays inside of the last chain: each to the segment at whose end
// it is.
func (b *chainer) wait() {
	n := b.net
	end := uint32(len(n.Lat))
	whole := n.MM[end-1]
	for _, p := range b.passed {
		before, after := n.MM[p.point], whole-n.MM[p.point]
		there, back := p.inside(p.along, before, after), p.inside(p.against, after, before)
		for i := p.point; i < end; i++ {
			n.Fwd[i] += there
		}
		for i := p.point + 1; i < end; i++ {
			n.Bwd[i] += back
		}
	}
	b.passed = b.passed[:0]
}

// inside is what somebody waits who has driven so far from a junction, and has so
// far to the next.
func (d delay) inside(along bool, before, after uint32) uint32 {
	leaves := before < nearJunction && after > nearJunction
	if !d.sign.For(along) || d.sign.Minor || d.sign.Unsure && leaves {
		return d.always
	}
	return d.always + millisOf(d.sign.Seconds)
}

// waitAt is what those who come on a lane wait at its end.
func (b *chainer) waitAt(lane uint32, leaving []uint32) uint32 {
	v := b.net.Junctions[b.end(lane)]
	d, ok := b.delays[v]
	if !ok {
		return 0
	}
	tip := b.tips[lane/2][1-lane%2]
	if !d.sign.For(b.arrives(v, tip)) || d.sign.Minor && !b.isMinor(lane, leaving) {
		return d.always
	}
	return d.always + millisOf(d.sign.Seconds)
}

// isMinor reports whether another road at the end of a lane is faster.
func (b *chainer) isMinor(lane uint32, leaving []uint32) bool {
	mine := b.kmh(lane)
	return slices.ContainsFunc(leaving, func(l uint32) bool { return l != lane^1 && b.kmh(l) > mine })
}

// kmh is the speed on a lane, or against it where it is closed.
func (b *chainer) kmh(lane uint32) uint64 {
	if !b.open[lane] {
		lane ^= 1
	}
	n := b.net
	last := n.First[lane/2+1] - 1
	ms := n.Fwd[last]
	if lane%2 == 1 {
		ms = n.Bwd[last]
	}
	return uint64(n.MM[last]) * 36 / (10 * uint64(max(1, ms)))
}
