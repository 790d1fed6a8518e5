// Package network turns an OpenStreetMap extract into the roads of one vehicle.
//
// A chain is a stretch of road between two junctions, with the points of its
// shape. An arc is one direction of a chain, and a turn leads from the end of
// one arc to the start of another. Restrictions leave turns out; those over whole
// roads give a direction several arcs, one for each way of having come there that
// matters, so that no search has to remember. All of it is in flat slices, so that
// a file can be mapped in their place.
//
// Times are whole milliseconds and lengths whole millimetres; those of a chain
// are the sums of its segments', exactly.
package network

import (
	"errors"
	"math"

	"lastmile/shared/road/osm"
	"lastmile/shared/road/profile"
)

// None is the arc of a direction that is closed.
const None = math.MaxUint32

// Entry is the bit of a turn's cost that says: this turn enters a road that is
// only for those whose way ends there. The other bits are milliseconds.
const Entry = 1 << 31

// ErrEmpty is returned for an extract without a road for the vehicle.
var ErrEmpty = errors.New("no roads in the extract for this profile")

// Network is the roads of one vehicle.
type Network struct {
	// For each point of a chain's shape: its place in 1e-7 degree, its OSM node,
	// its chain, and the sums from the chain's start to it: millimetres, and
	// milliseconds along the chain and against it.
	Lat, Lng     []int32
	Node         []int64
	Chain        []uint32
	MM, Fwd, Bwd []uint32

	// First[c] is the first point of chain c, First[c+1]-1 its last.
	First []uint32

	// Appeal is how much as attractive a chain is as its time says, in percent.
	Appeal []uint8

	// Arcs[2c] is the arc along chain c, Arcs[2c+1] the one against it; or [None].
	// Where restrictions over whole roads make it matter how one has come there, more
	// arcs of the same lane follow it, which have other turns; see [Network.On].
	Arcs []uint32

	// Lanes[a] is where arc a, or the one that it follows, is in Arcs.
	Lanes []uint32

	// The turns from arc a are those at TurnFirst[a] up to TurnFirst[a+1].
	TurnFirst, TurnTo, TurnCost []uint32

	// Ends are the junctions at the start and the end of each chain, and Junctions
	// their points. Transit are the chains on which no way begins or ends, such as
	// ferries. Only preparation needs them.
	Ends      [][2]uint32
	Junctions []uint32
	Transit   []bool
}

// On returns the arcs of a lane, from the first up to the second; none if it is
// closed.
func (n *Network) On(lane uint32) (from, to uint32) {
	from = n.Arcs[lane]
	if from == None {
		return 0, 0
	}
	for to = from + 1; int(to) < len(n.Lanes) && n.Lanes[to] == lane; {
		to++
	}
	return from, to
}

// Build returns the network of a profile. It scans the extract twice: scan visits
// all of it.
func Build(scan func(osm.Visitor) error, p profile.Profile) (*Network, error) {
	c := &collector{profile: p, vertex: make(map[int64]uint32), delays: make(map[uint32]delay)}
	if err := scan(osm.Visitor{Way: c.way, Relation: c.relation}); err != nil {
		return nil, err
	}
	if err := scan(osm.Visitor{Node: c.node}); err != nil {
		return nil, err
	}
	c.connect()
	if len(c.segments) == 0 {
		return nil, ErrEmpty
	}
	c.courses()
	b := newChainer(c)
	b.chains()
	b.remember()
	b.number()
	b.turns()
	return b.net, nil
}
