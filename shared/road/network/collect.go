package network

import (
	"math"
	"strings"

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
	waits    map[uint32]uint32 // by vertex, in ms: what it costs to pass
	ways     []way
	refs     []uint32 // the vertices of all ways

	segments []segment
	rules    map[uint32][]rule // by via vertex
}

// What is known of a vertex.
const (
	present uint8 = 1 << iota // the extract has its place
	blocked
	via // a restriction is about it
)

type way struct {
	id                int64
	from, to          uint32 // in refs
	forward, backward profile.Lane
}

// segment is the straight line between two neighbouring vertices of a way.
type segment struct {
	a, b     uint32
	way      uint32
	mm       uint32
	fwd, bwd uint32 // ms; 0 is closed
}

// rule is a turn restriction: from one way to another, which is forbidden or the
// only one.
type rule struct {
	from, to int64
	only     bool
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
	c.ways = append(c.ways, way{w.ID, from, uint32(len(c.refs)), forward, backward})
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
	if spot.Seconds > 0 {
		c.waits[v] = millisOf(spot.Seconds)
	}
	return nil
}

// relation keeps the restrictions of turns over one node; those over a way are
// rare, and not kept.
func (c *collector) relation(r osm.Relation) error {
	kind := r.Tags.Get("restriction")
	for _, vehicle := range c.profile.Exceptions {
		if own := r.Tags.Get("restriction:" + vehicle); own != "" {
			kind = own
			break
		}
	}
	only := strings.HasPrefix(kind, "only_")
	if c.profile.Exceptions == nil || r.Tags.Get("type") != "restriction" || !only && !strings.HasPrefix(kind, "no_") || c.profile.Exempt(r.Tags.Get("except")) {
		return nil
	}
	var found rule
	var node int64
	for _, m := range r.Members {
		switch {
		case m.Role == "from" && m.Kind == osm.WayKind:
			found.from = m.ID
		case m.Role == "to" && m.Kind == osm.WayKind:
			found.to = m.ID
		case m.Role == "via" && m.Kind == osm.NodeKind:
			node = m.ID
		}
	}
	v, ok := c.vertex[node]
	if !ok || found.from == 0 || found.to == 0 {
		return nil
	}
	if c.rules == nil {
		c.rules = make(map[uint32][]rule)
	}
	found.only = only
	c.rules[v] = append(c.rules[v], found)
	c.flags[v] |= via
	return nil
}

// connect makes the segments of all ways.
func (c *collector) connect() {
	for i, w := range c.ways {
		refs := c.refs[w.from:w.to]
		for k := 1; k < len(refs); k++ {
			a, b := refs[k-1], refs[k]
			if a == b || c.flags[a]&c.flags[b]&present == 0 {
				continue
			}
			d := geo.Distance(c.point(a), c.point(b))
			c.segments = append(c.segments, segment{
				a: a, b: b, way: uint32(i), mm: uint32(math.Round(d * 1000)),
				fwd: millis(d, w.forward.KMH), bwd: millis(d, w.backward.KMH),
			})
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
