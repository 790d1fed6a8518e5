package network

import (
	"math"

	"lastmile/shared/geo"
	"lastmile/shared/road/osm"
	"lastmile/shared/road/profile"
)

// collector gathers what a vehicle may use from an extract.
type collector struct {
	profile profile.Profile

	vertex   map[int64]uint32 // by OSM node
	nodes    []int64          // by vertex
	lat, lng []int32
	flags    []uint8
	delays   map[uint32]delay // by vertex
	ways     []way
	refs     []uint32 // the vertices of all ways

	segments []segment

	restrictions []restriction
	found        []course
}

// What is known of a vertex.
const (
	present uint8 = 1 << iota // the extract has its place
	blocked
	turning // one may turn round here
	via     // a restriction is about it
)

type way struct {
	id                int64
	from, to          uint32 // in refs
	first, last       uint32 // its segments are those from first up to last
	forward, backward profile.Lane
}

// segment is the straight line between two neighbouring vertices of a way.
type segment struct {
	a, b     uint32
	way      uint32
	mm       uint32
	fwd, bwd uint32 // ms; 0 is closed
}

func (c *collector) way(w osm.Way) error {
	forward, backward := c.profile.Way(w.Tags)
	if forward.KMH <= 0 && backward.KMH <= 0 {
		return nil
	}
	from := uint32(len(c.refs))
	for _, r := range w.Refs {
		v, ok := c.vertex[r]
		if !ok {
			v = uint32(len(c.nodes))
			c.vertex[r] = v
			c.nodes = append(c.nodes, r)
			c.lat, c.lng, c.flags = append(c.lat, 0), append(c.lng, 0), append(c.flags, 0)
		}
		c.refs = append(c.refs, v)
	}
	c.ways = append(c.ways, way{id: w.ID, from: from, to: uint32(len(c.refs)), forward: forward, backward: backward})
	return nil
}

func (c *collector) node(n osm.Node) error {
	v, ok := c.vertex[n.ID]
	if !ok {
		return nil
	}
	c.lat[v], c.lng[v] = n.Lat, n.Lng
	c.flags[v] |= present
	if len(n.Tags) == 0 {
		return nil
	}
	spot := c.profile.Node(n.Tags)
	if spot.Blocked {
		c.flags[v] |= blocked
	}
	if spot.Turning {
		c.flags[v] |= turning
	}
	if spot.Seconds > 0 || spot.Sign.Seconds > 0 {
		c.delays[v] = delay{millisOf(spot.Seconds), spot.Sign}
	}
	return nil
}

// connect makes the segments of all ways.
func (c *collector) connect() {
	for i := range c.ways {
		w := &c.ways[i]
		w.first = uint32(len(c.segments))
		refs, length := c.refs[w.from:w.to], 0.0
		for k := 1; k < len(refs); k++ {
			a, b := refs[k-1], refs[k]
			if a == b || c.flags[a]&c.flags[b]&present == 0 {
				continue
			}
			d := geo.Distance(c.point(a), c.point(b))
			length += d
			c.segments = append(c.segments, segment{
				a: a, b: b, way: uint32(i), mm: uint32(math.Round(d * 1000)),
				fwd: millis(d, w.forward.KMH), bwd: millis(d, w.backward.KMH),
			})
		}
		w.last = uint32(len(c.segments))
		c.schedule(w, length)
	}
}

// schedule gives a way that takes a known time, as ferries do, the speed for that.
func (c *collector) schedule(w *way, length float64) {
	for i := w.first; i < w.last; i++ {
		s := &c.segments[i]
		share := float64(s.mm) / 1000 / length
		if s.fwd > 0 && w.forward.Seconds > 0 {
			s.fwd = max(1, millisOf(w.forward.Seconds*share))
		}
		if s.bwd > 0 && w.backward.Seconds > 0 {
			s.bwd = max(1, millisOf(w.backward.Seconds*share))
		}
	}
}

// millis is the time for so many metres, 0 where nobody may drive.
func millis(metres, kmh float64) uint32 {
	if kmh <= 0 {
		return 0
	}
	return uint32(max(1, math.Round(metres*3600/kmh)))
}

func millisOf(seconds float64) uint32 { return uint32(math.Round(seconds * 1000)) }

func (c *collector) point(v uint32) geo.Point {
	return geo.Point{Lat: float64(c.lat[v]) * 1e-7, Lng: float64(c.lng[v]) * 1e-7}
}
