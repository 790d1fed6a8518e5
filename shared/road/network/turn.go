package network

import (
	"math"

	"lastmile/shared/geo"
)

// How far from a junction, in metres, the direction of a road is taken, and that
// of a roundabout.
const (
	sight      = 10
	roundSight = 2
)

// turns fills in the turns between all arcs.
func (b *chainer) turns() {
	n := b.net
	meet := make([][]uint32, len(n.Junctions)) // lanes that leave, open or not
	for c, ends := range n.Ends {
		meet[ends[0]] = append(meet[ends[0]], uint32(2*c))
		meet[ends[1]] = append(meet[ends[1]], uint32(2*c+1))
	}
	n.TurnFirst = []uint32{0}
	for arc, lane := range n.Lanes {
		b.turnsFrom(uint32(arc), lane, meet[b.end(lane)])
		n.TurnFirst = append(n.TurnFirst, uint32(len(n.TurnTo)))
	}
}

// turnsFrom adds the turns from an arc into those that leave its end. Who may go
// nowhere else may turn round.
func (b *chainer) turnsFrom(arc, lane uint32, leaving []uint32) {
	before, h, wait := len(b.net.TurnTo), b.driven[arc], b.waitAt(lane, leaving)
	for _, out := range leaving {
		if b.open[out] && b.leads(lane, out, leaving) && !h.forbids(out) {
			b.addTurn(lane, out, wait, leaving, h)
		}
	}
	if len(b.net.TurnTo) == before && b.open[lane^1] && !h.forbids(lane^1) {
		b.addTurn(lane, lane^1, wait, leaving, h)
	}
}

// leads reports whether what is at the end of a lane lets one go on: straight
// over, if nothing blocks it, or back, where turning round is usual.
func (b *chainer) leads(lane, out uint32, leaving []uint32) bool {
	flags := b.flags[b.net.Junctions[b.end(lane)]]
	if out != lane^1 {
		return flags&blocked == 0
	}
	return b.profile.Turns.AnyUTurn || flags&turning != 0 || b.twoWay(leaving) <= 1
}

// twoWay counts the roads at a junction that are open in both directions.
func (b *chainer) twoWay(leaving []uint32) (count int) {
	for _, out := range leaving {
		if b.open[out] && b.open[out^1] {
			count++
		}
	}
	return count
}

func (b *chainer) addTurn(lane, out, wait uint32, leaving []uint32, h *history) {
	n := b.net
	angle := math.Mod(b.bearing(out)-b.bearing(lane^1)-180+720+180, 360) - 180
	cost := millisOf(b.profile.Turns.Cost(angle, len(leaving), out == lane^1)) + wait
	if b.restricted[out] && !b.restricted[lane] {
		cost |= Entry
	}
	to := n.Arcs[out]
	if longer := h.then(out); longer != nil {
		to = longer.arc
	}
	n.TurnTo, n.TurnCost = append(n.TurnTo, to), append(n.TurnCost, cost)
}

// bearing is the direction in which a lane leaves its start, in degrees from
// north, clockwise.
func (b *chainer) bearing(lane uint32) float64 {
	n := b.net
	at, last, step := int(n.First[lane/2]), int(n.First[lane/2+1])-1, 1
	if lane%2 == 1 {
		at, last, step = last, at, -1
	}
	left := float64(sight)
	if b.round[lane/2] {
		left = roundSight
	}
	from := n.point(at)
	to := from
	for left > 0 && at != last {
		at += step
		next := n.point(at)
		share := min(1, left/max(left, geo.Distance(to, next)))
		left -= geo.Distance(to, next)
		to = geo.Point{Lat: to.Lat + share*(next.Lat-to.Lat), Lng: to.Lng + share*(next.Lng-to.Lng)}
	}
	east := (to.Lng - from.Lng) * math.Cos(from.Lat*math.Pi/180)
	return math.Atan2(east, to.Lat-from.Lat) * 180 / math.Pi
}

func (n *Network) point(i int) geo.Point {
	return geo.Point{Lat: float64(n.Lat[i]) * 1e-7, Lng: float64(n.Lng[i]) * 1e-7}
}
