// Package city makes up cities: extracts of OpenStreetMap that look like those
// of real ones, of any size, always the same for the same seed.
//
// A city has avenues on a bent grid, small streets between them that meet each
// other from one side, as bricks do, one-way streets, bends, dead ends, signals,
// gates, forbidden turns, some of them over a whole road, and roads for residents. Of its junctions as many are
// dead ends, or join three or four roads, as in Malta, Monaco and Heidelberg; so
// searches are about as wide as in real places of the same size.
package city

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"

	"lastmile/shared/road/osm"
)

// Options of a city.
type Options struct {
	// Nodes is about how many there are; 0 is 10,000.
	Nodes int

	Seed uint64
}

// The middle of every city, in 1e-7 degree: at sea, so that nobody takes it for
// a real one.
const (
	middleLat = 400_000_000
	middleLng = -300_000_000
)

// perJunction is how many nodes there are for each junction, those of the bends
// between junctions included.
const perJunction = 3.65

// Write writes a city as a PBF extract.
func Write(out io.Writer, o Options) error {
	if o.Nodes == 0 {
		o.Nodes = 10_000
	}
	side := max(4, int(math.Sqrt(float64(o.Nodes)/perJunction)))
	b := &builder{rand: rand.New(rand.NewPCG(o.Seed, 7)), side: side, out: osm.NewWriter(out)}
	b.junctions()
	for row := range side {
		for col := range side {
			b.streets(row, col)
		}
	}
	for _, w := range b.ways {
		b.out.Way(w)
	}
	for _, r := range b.rules {
		b.out.Relation(r)
	}
	return b.out.Close()
}

// Scan returns a scan of a city, as of an extract in a file.
func Scan(o Options) func(osm.Visitor) error {
	var extract bytes.Buffer
	err := Write(&extract, o)
	return func(v osm.Visitor) error {
		if err != nil {
			return err
		}
		return osm.Read(bytes.NewReader(extract.Bytes()), v)
	}
}

type builder struct {
	rand *rand.Rand
	side int
	out  *osm.Writer

	lat, lng []int32 // of the junctions
	last     int64   // node
	ways     []osm.Way
	trail    []osm.Way // those of the row that lead to the junction, the last one last
	rules    []osm.Relation
}

// block is the length of a block, in 1e-7 degree of latitude: about 90 m.
const block = 8000

// junctions are the nodes 1 to side², row by row, each a little off its place.
func (b *builder) junctions() {
	for row := range b.side {
		for col := range b.side {
			y, x := float64(row-b.side/2), float64(col-b.side/2)
			bend := 3 * math.Sin(x/17) * math.Cos(y/23)
			lat := middleLat + int32(block*(y+bend+0.5*b.rand.Float64()))
			lng := middleLng + int32(block*1.3*(x-bend+0.5*b.rand.Float64()))
			b.lat, b.lng = append(b.lat, lat), append(b.lng, lng)
			b.node(lat, lng, b.junctionTags(row, col))
		}
	}
}

func (b *builder) node(lat, lng int32, tags osm.Tags) int64 {
	b.last++
	b.out.Node(osm.Node{ID: b.last, Lat: lat, Lng: lng, Tags: tags})
	return b.last
}

func (b *builder) junctionTags(row, col int) osm.Tags {
	if class(row) != "residential" && class(col) != "residential" {
		return osm.Tags{"highway", "traffic_signals"}
	}
	return nil
}

// class is what kind of street runs along a row or a column.
func class(line int) string {
	switch {
	case line%24 == 12:
		return "primary"
	case line%12 == 6:
		return "secondary"
	case line%6 == 3:
		return "tertiary"
	}
	return "residential"
}

// streets adds those from a junction to the east and to the north.
func (b *builder) streets(row, col int) {
	if col == 0 {
		b.trail = nil
	}
	west, east, north := b.trail, osm.Way{}, osm.Way{}
	if col+1 < b.side {
		east = b.street(row, col, row*b.side+col, row*b.side+col+1)
	}
	if brick := class(col) == "residential" && (row+col)%2 == 1; row+1 < b.side && !brick {
		north = b.street(col, row, row*b.side+col, (row+1)*b.side+col)
	}
	if n := len(west); n >= 2 && north.ID > 0 && (3*row+col)%13 == 5 {
		b.forbid(west[n-2], member(osm.WayKind, west[n-1].ID, "via"), north)
	}
	if b.trail = nil; east.ID > 0 {
		b.trail = append(west, east)
	}
}

// street adds one block of a street along a line of the grid, the at-th of the
// line. It adds, and returns, none where the line is interrupted.
func (b *builder) street(line, at, from, to int) (added osm.Way) {
	kind := class(line)
	small := kind == "residential"
	if small && b.rand.IntN(10) == 0 || b.ends(kind, at) {
		return osm.Way{}
	}
	tags := osm.Tags{"highway", kind}
	switch r := b.rand.IntN(40); {
	case kind == "residential" && line%4 == 1:
		tags = append(tags, "oneway", "yes")
	case kind == "residential" && line%4 == 2:
		tags = append(tags, "oneway", "-1")
	case r == 0:
		tags = append(tags, "maxspeed", "30")
	case r == 1:
		tags = append(tags, "surface", "cobblestone")
	case r == 2 && kind == "residential":
		tags = append(tags, "access", "destination")
	case r == 3:
		tags = append(tags, "lanes", "1")
	}
	bends := b.bends(from, to)
	added = b.way(tags, from, to, bends)
	if len(bends) > 0 && small && b.rand.IntN(5) < 2 {
		b.deadEnd(bends[0], from)
	}
	return added
}

// ends reports whether a street of a kind does not go on here. Quarters are 12
// blocks wide, and few small streets join two; towns are 24, and none does; rivers
// flow every 96, and have bridges every 24, about two kilometres.
func (b *builder) ends(kind string, at int) bool {
	switch {
	case at%96 == 48:
		return kind != "primary"
	case at%24 == 0 && kind == "tertiary":
		return b.rand.IntN(4) > 0
	case at%12 == 0 && kind == "residential":
		return at%24 == 0 || b.rand.IntN(8) > 0
	}
	return false
}

// bends are the nodes between two junctions.
func (b *builder) bends(from, to int) []int64 {
	var nodes []int64
	count := b.rand.IntN(4)
	for i := range count {
		share := float64(i+1) / float64(count+1)
		lat := float64(b.lat[from]) + share*float64(b.lat[to]-b.lat[from]) + block*0.15*(b.rand.Float64()-0.5)
		lng := float64(b.lng[from]) + share*float64(b.lng[to]-b.lng[from]) + block*0.15*(b.rand.Float64()-0.5)
		var tags osm.Tags
		if b.rand.IntN(900) == 0 {
			tags = osm.Tags{"barrier", []string{"gate", "bollard"}[b.rand.IntN(2)]}
		}
		nodes = append(nodes, b.node(int32(lat), int32(lng), tags))
	}
	return nodes
}

func (b *builder) way(tags osm.Tags, from, to int, bends []int64) osm.Way {
	refs := append([]int64{int64(from) + 1}, bends...)
	w := osm.Way{ID: int64(len(b.ways)) + 1, Refs: append(refs, int64(to)+1), Tags: tags}
	if n := len(b.ways); n > 0 && b.rand.IntN(60) == 0 && b.ways[n-1].Refs[0] == w.Refs[0] {
		b.forbid(b.ways[n-1], member(osm.NodeKind, w.Refs[0], "via"), w)
	}
	b.ways = append(b.ways, w)
	return w
}

// forbid adds a forbidden turn.
func (b *builder) forbid(from osm.Way, via osm.Member, to osm.Way) {
	b.rules = append(b.rules, osm.Relation{
		ID:      int64(len(b.rules)) + 1,
		Members: []osm.Member{member(osm.WayKind, from.ID, "from"), via, member(osm.WayKind, to.ID, "to")},
		Tags:    osm.Tags{"type", "restriction", "restriction", "no_left_turn"},
	})
}

func member(kind osm.Kind, id int64, role string) osm.Member {
	return osm.Member{Kind: kind, ID: id, Role: role}
}

// deadEnd adds a short road from the first bend after a junction.
func (b *builder) deadEnd(from int64, near int) {
	lat, lng := b.lat[near]+block/4, b.lng[near]+block/4
	refs := []int64{from}
	for range 1 + b.rand.IntN(3) {
		lat, lng = lat+int32(b.rand.IntN(block/4)), lng+int32(b.rand.IntN(block/4))
		refs = append(refs, b.node(lat, lng, nil))
	}
	tags := osm.Tags{"highway", "residential"}
	if b.rand.IntN(3) == 0 {
		tags = osm.Tags{"highway", "service", "service", "driveway"}
	}
	b.ways = append(b.ways, osm.Way{ID: int64(len(b.ways)) + 1, Refs: refs, Tags: tags})
}
