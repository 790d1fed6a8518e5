package network

import (
	"math"

	"lastmile/shared/geo"
)

// sight is how far from a junction, in metres, a road's direction is taken.
const sight = 10

// turns fills in the turns between all arcs.
func (b *chainer) turns() {
	n := b.net
	meet := make([][]uint32, len(n.Junctions)) // lanes that leave, open or not
	for c, ends := range n.Ends {
		meet[ends[0]] = append(meet[ends[0]], uint32(2*c))
		meet[ends[1]] = append(meet[ends[1]], uint32(2*c+1))
	}
	n.TurnFirst = []uint32{0}
	for _, lane := range n.Lanes {
		b.turnsFrom(lane, meet[n.Ends[lane/2][1-lane%2]])
		n.TurnFirst = append(n.TurnFirst, uint32(len(n.TurnTo)))
	}
}

// turnsFrom adds the turns from a lane into those that leave its end.
func (b *chainer) turnsFrom(lane uint32, leaving []uint32) {
	n := b.net
	v := n.Junctions[n.Ends[lane/2][1-lane%2]]
	before := len(n.TurnTo)
	for _, out := range leaving {
		uTurn := out == lane^1
		if n.Arcs[out] == None || uTurn && !b.profile.Turns.AnyUTurn || !uTurn && b.flags[v]&blocked != 0 || b.forbids(v, lane, out) {
			continue
		}
		b.addTurn(v, lane, out, len(leaving))
	}
	if back := n.Arcs[lane^1]; len(n.TurnTo) == before && back != None && !b.profile.Turns.AnyUTurn {
		b.addTurn(v, lane, lane^1, len(leaving))
	}
}

// forbids reports whether a restriction at v forbids the turn.
func (b *chainer) forbids(v, lane, out uint32) bool {
	if b.flags[v]&via == 0 {
		return false
	}
	from := b.ways[b.ends[lane/2].ways[1-lane%2]].id
	to := b.ways[b.ends[out/2].ways[out%2]].id
	for _, r := range b.rules[v] {
		straight := r.from == r.to && out != lane^1 // a rule against turning round
		if r.from == from && r.only != (r.to == to) && !straight {
			return true
		}
	}
	return false
}

func (b *chainer) addTurn(v, lane, out uint32, roads int) {
	n := b.net
	angle := math.Mod(b.bearing(out)-b.bearing(lane^1)-180+720+180, 360) - 180
	cost := millisOf(b.profile.Turns.Cost(angle, roads, out == lane^1)) + b.waits[v]
	if b.ends[out/2].restricted[out%2] && !b.ends[lane/2].restricted[lane%2] {
		cost |= Entry
	}
	n.TurnTo, n.TurnCost = append(n.TurnTo, n.Arcs[out]), append(n.TurnCost, cost)
}

// bearing is the direction in which a lane leaves its start, in degrees from
// north, clockwise.
func (b *chainer) bearing(lane uint32) float64 {
	n := b.net
	first, last := int(n.First[lane/2]), int(n.First[lane/2+1])-1
	at, step := first, 1
	if lane%2 == 1 {
		at, step = last, -1
	}
	from := n.point(at)
	for at += step; at != first && at != last && geo.Distance(from, n.point(at)) < sight; {
		at += step
	}
	to := n.point(at)
	east := (to.Lng - from.Lng) * math.Cos(from.Lat*math.Pi/180)
	return math.Atan2(east, to.Lat-from.Lat) * 180 / math.Pi
}

func (n *Network) point(i int) geo.Point {
	return geo.Point{Lat: float64(n.Lat[i]) * 1e-7, Lng: float64(n.Lng[i]) * 1e-7}
}
