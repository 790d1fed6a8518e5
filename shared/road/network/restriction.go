package network

import (
	"slices"
	"strings"

	"lastmile/shared/road/osm"
)

// restriction is a relation that forbids to drive from some ways to others, over
// a node or over ways; or to drive anywhere else.
type restriction struct {
	from, over, to []int64
	node           int64
	only           bool
}

// The bounds of a restriction: none that is real comes near them.
const (
	maxPairs = 16  // of from and to
	maxLanes = 128 // from the first to the last
)

// relation keeps a restriction.
func (c *collector) relation(r osm.Relation) error {
	kind := c.restricts(r.Tags)
	only := strings.HasPrefix(kind, "only_")
	if !only && !strings.HasPrefix(kind, "no_") || strings.HasSuffix(kind, "_on_red") || c.profile.Exempt(r.Tags.Get("except")) {
		return nil
	}
	found := restriction{only: only}
	for _, m := range r.Members {
		switch {
		case m.Role == "from" && m.Kind == osm.WayKind:
			found.from = append(found.from, m.ID)
		case m.Role == "to" && m.Kind == osm.WayKind:
			found.to = append(found.to, m.ID)
		case m.Role == "via" && m.Kind == osm.WayKind:
			found.over = append(found.over, m.ID)
		case m.Role == "via" && m.Kind == osm.NodeKind:
			found.node = m.ID
		}
	}
	several := len(found.from) > 1 && kind != "no_entry" || len(found.to) > 1 && kind != "no_exit"
	if !several && len(found.from)*len(found.to) <= maxPairs && len(found.over) < maxLanes {
		c.restrictions = append(c.restrictions, found)
	}
	return nil
}

// restricts returns what a relation demands of the vehicle, "" for nothing.
func (c *collector) restricts(tags osm.Tags) string {
	if c.profile.Exceptions == nil || tags.Get("type") != "restriction" {
		return ""
	}
	for _, vehicle := range c.profile.Exceptions {
		if own := tags.Get("restriction:" + vehicle); own != "" {
			return own
		}
	}
	return tags.Get("restriction")
}

// course is a restriction from one way to one other, as it lies on the map. It
// begins and ends with the segments at the ends of those two.
type course struct {
	from, to span
	over     []span
	only     bool
}

// span is a way, along its nodes or against them.
type span struct {
	way     uint32
	against bool
}

// courses finds where all restrictions lie, and marks the vertices where their
// ways meet: chains end there.
func (c *collector) courses() {
	wanted := make(map[int64][]uint32)
	for _, r := range c.restrictions {
		for _, id := range slices.Concat(r.from, r.over, r.to) {
			wanted[id] = nil
		}
	}
	for i, w := range c.ways {
		if _, ok := wanted[w.id]; ok {
			wanted[w.id] = append(wanted[w.id], uint32(i))
		}
	}
	for _, r := range c.restrictions {
		for _, from := range r.from {
			for _, w := range wanted[from] {
				c.leave(r, span{w, false}, wanted)
				c.leave(r, span{w, true}, wanted)
			}
		}
	}
}

// leave adds the courses of a restriction that begin with a span.
func (c *collector) leave(r restriction, from span, ways map[int64][]uint32) {
	found := course{from: from, only: r.only}
	joints := []uint32{c.last(from)}
	if len(r.over) == 0 {
		if v, ok := c.vertex[r.node]; !ok || v != joints[0] {
			return
		}
	}
	for _, id := range r.over {
		next, ok := c.onward(ways[id], joints[len(joints)-1])
		if !ok {
			return
		}
		found.over, joints = append(found.over, next), append(joints, c.last(next))
	}
	for _, id := range r.to {
		to, ok := c.onward(ways[id], joints[len(joints)-1])
		if !ok {
			continue
		}
		found.to = to
		c.found = append(c.found, found)
		for _, v := range joints {
			c.flags[v] |= via
		}
	}
}

// onward returns the way that begins or ends at a vertex, driven from there on.
func (c *collector) onward(ways []uint32, v uint32) (span, bool) {
	for _, w := range ways {
		for _, s := range []span{{w, false}, {w, true}} {
			if c.last(span{w, !s.against}) == v {
				return s, true
			}
		}
	}
	return span{}, false
}

// last is the vertex where a span ends.
func (c *collector) last(s span) uint32 {
	w := c.ways[s.way]
	if s.against {
		return c.refs[w.from]
	}
	return c.refs[w.to-1]
}

// along returns the lanes of a course, in their order; none if it is broken, or
// partly closed, and so forbids nothing.
func (b *chainer) along(c course) []uint32 {
	from, over, to := b.lanesOf(c.from), []uint32(nil), b.lanesOf(c.to)
	for _, s := range c.over {
		over = append(over, b.lanesOf(s)...)
	}
	if len(from) == 0 || len(to) == 0 || len(over) > maxLanes-2 {
		return nil
	}
	lanes := slices.Concat(from[len(from)-1:], over, to[:1])
	for i, lane := range lanes {
		if !b.open[lane] || i > 0 && b.end(lanes[i-1]) != b.end(lane^1) {
			return nil
		}
	}
	return lanes
}

// lanesOf returns the lanes of a span.
func (b *chainer) lanesOf(s span) (lanes []uint32) {
	w := b.ways[s.way]
	for i := w.first; i < w.last; i++ {
		lane := b.lane[i]
		if s.against {
			lane = b.lane[w.last-1-(i-w.first)] ^ 1
		}
		if n := len(lanes); n == 0 || lanes[n-1] != lane {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// end is the junction where a lane ends.
func (b *chainer) end(lane uint32) uint32 { return b.net.Ends[lane/2][1-lane%2] }
