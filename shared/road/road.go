// Package road answers how far it is by road, and how long it takes.
//
// It owns the prepared map of one vehicle: its network, the hierarchy that makes
// searches short, and the grid that finds the road next to a place. A [Map] is
// safe for concurrent use and never changes; new weights make a new Map that
// shares all else. A [Finder] asks a Map, one question at a time.
//
// Every answer is the exact optimum of the model: the least time as the vehicle
// feels it (see [profile.Profile.Appeals]), and among equals the least length; or
// the other way round for a map of shortest ways.
package road

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"lastmile/shared/geo"
	"lastmile/shared/road/hierarchy"
	"lastmile/shared/road/network"
	"lastmile/shared/road/osm"
	"lastmile/shared/road/profile"
)

// Map is the roads of one vehicle, ready to be asked.
type Map struct {
	Info     Info
	network  network.Network
	topology hierarchy.Topology
	metric   hierarchy.Metric
	grid     grid
	byNode   []uint32 // points in the order of their nodes
	closed   []bool   // by lane; nil if all are open

	amender *hierarchy.Amender // of the map that was prepared
	changed []uint32           // arcs that cost something else than there
}

// Blank returns a map without roads, for a file to fill.
func Blank(i Info, g Grid) *Map {
	m := &Map{Info: i, grid: grid{g.South, g.West, g.Size, g.Rows, g.Columns, nil, nil}}
	m.amender = hierarchy.NewAmender(&m.topology, &m.metric)
	return m
}

// Info is what a map is of.
type Info struct {
	Profile string

	// Shortest is true if length counts before time.
	Shortest bool

	// Vertices is true if places snap to nodes.
	Vertices bool
}

// Options of a map.
type Options struct {
	// Shortest makes ways short instead of fast.
	Shortest bool
}

// ErrTooWide is returned for an area whose ways might be longer than a weight
// can hold.
var ErrTooWide = errors.New("area too wide")

// maxDiagonal bounds the area, in metres. The longest way must be under 4,294 km
// and 37 hours.
const maxDiagonal = 500_000

// Import makes a map of an extract. It scans that twice: scan visits all of it.
func Import(scan func(osm.Visitor) error, p profile.Profile, o Options) (*Map, error) {
	n, err := network.Build(scan, p)
	if err != nil {
		return nil, fmt.Errorf("import roads: %w", err)
	}
	return Prepare(n, p, o)
}

// Prepare makes a map of a network.
func Prepare(n *network.Network, p profile.Profile, o Options) (*Map, error) {
	if d := diagonal(n); d > maxDiagonal {
		return nil, fmt.Errorf("%w: %.0f km across; cut out an area of at most %d km", ErrTooWide, d/1000, maxDiagonal/1000)
	}
	lat, lng := n.Places()
	n = n.Renumber(hierarchy.Order(n.Ends, lat, lng, n.Paces()))
	m := Blank(Info{p.Name, o.Shortest, p.Vertices}, Grid{})
	m.network, m.grid = *n, newGrid(n)
	m.network.Ends, m.network.Junctions, m.network.Transit = nil, nil, nil
	m.topology = *hierarchy.NewTopology(m.graph())
	m.metric = *m.topology.Customize(m.graph(), m.turn)
	m.byNode = make([]uint32, len(n.Node))
	for i := range m.byNode {
		m.byNode[i] = uint32(i)
	}
	sort.Slice(m.byNode, func(i, j int) bool { return n.Node[m.byNode[i]] < n.Node[m.byNode[j]] })
	return m, nil
}

// maxSpan is 30 degrees: areas across the date line, or near a pole, are wider
// than they are long.
const maxSpan = 300_000_000

func diagonal(n *network.Network) float64 {
	south, north, west, east := slices.Min(n.Lat), slices.Max(n.Lat), slices.Min(n.Lng), slices.Max(n.Lng)
	if int64(east)-int64(west) > maxSpan {
		return math.Inf(1)
	}
	return geo.Distance(degrees(south, west), degrees(north, east))
}

func degrees(lat, lng int32) geo.Point {
	return geo.Point{Lat: float64(lat) * 1e-7, Lng: float64(lng) * 1e-7}
}

// Bounds returns the area of the map.
func (m *Map) Bounds() geo.Bounds {
	g := &m.grid
	low, high := degrees(g.south, g.west), degrees(g.south+int32(g.rows*g.size), g.west+int32(g.columns*g.size))
	return geo.Bounds{South: low.Lat, West: low.Lng, North: high.Lat, East: high.Lng}
}

// Size returns the number of points and of arcs.
func (m *Map) Size() (points, arcs int) { return len(m.network.Lat), len(m.network.Lanes) }

// A weight holds what counts first in its upper half, so that adding weights
// adds both, and comparing them compares one after the other. The bits above
// count entries into roads that are only for those whose way ends there.
const entry = int64(1) << 59

func (m *Map) pack(ms, mm int64) int64 {
	if m.Info.Shortest {
		return mm<<32 + ms
	}
	return ms<<32 + mm
}

// weigh returns the cost of a part of a chain. A chain that appeals less weighs
// more, and the extra is by how many milliseconds.
func (m *Map) weigh(chain uint32, ms, mm int64) hierarchy.Cost {
	felt := ms
	if !m.Info.Shortest {
		felt = ms * 100 / int64(m.network.Appeal[chain])
	}
	return hierarchy.Cost{Weight: m.pack(felt, mm), Extra: felt - ms}
}

// Cost is the time and the length of a way.
type Cost struct{ Millis, Millimetres int64 }

// The costs of what has none. Their fields are negative.
var (
	// Unreachable is that of a place that no way leads to.
	Unreachable = Cost{-1, -1}

	// Unasked is that of a cell for which the time was too short.
	Unasked = Cost{-2, -2}
)

func (m *Map) cost(c hierarchy.Cost) Cost {
	weight := c.Weight
	switch {
	case weight >= hierarchy.Inf:
		return Unreachable
	case m.Info.Shortest:
		return Cost{Millis: weight & math.MaxUint32, Millimetres: weight >> 32}
	}
	weight &= entry - 1
	return Cost{Millis: weight>>32 - c.Extra, Millimetres: weight & math.MaxUint32}
}
