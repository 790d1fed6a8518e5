package road_test

import (
	"container/heap"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/osm"
)

// drive is a way in one direction.
type drive struct {
	way     int
	against bool
}

// driver is a plain Dijkstra over what has been driven: it knows restrictions as
// ways that must not follow each other, and shares nothing with the network.
type driver struct{ sketch }

func (d *driver) open(x drive) bool { return !x.against || len(d.ways[x.way].Tags) == 2 }

func (d *driver) end(x drive) int64 {
	if refs := d.ways[x.way].Refs; !x.against {
		return refs[len(refs)-1]
	}
	return d.ways[x.way].Refs[0]
}

func (d *driver) leaving(node int64) (out []drive) {
	for i := range d.ways {
		for _, x := range []drive{{i, false}, {i, true}} {
			if d.end(drive{i, !x.against}) == node {
				out = append(out, x)
			}
		}
	}
	return out
}

// forbidden reports whether a rule forbids to go on after what has been driven.
func (d *driver) forbidden(r osm.Relation, driven []drive, next drive) bool {
	var ways []int
	node := d.end(driven[len(driven)-1])
	for _, m := range r.Members {
		if m.Kind == osm.WayKind {
			ways = append(ways, int(m.ID)-1)
		} else if m.ID != node {
			return false
		}
	}
	before, to := ways[:len(ways)-1], ways[len(ways)-1]
	if len(driven) < len(before) {
		return false
	}
	for i, x := range driven[len(driven)-len(before):] {
		if x.way != before[i] {
			return false
		}
	}
	if strings.HasPrefix(r.Tags.Get("restriction"), "no_") {
		return next.way == to
	}
	there := slices.ContainsFunc(d.leaving(node), func(x drive) bool { return x.way == to && d.open(x) })
	return there && next.way != to
}

// next returns what may be driven after what has been.
func (d *driver) next(driven []drive) (next []drive) {
	last := driven[len(driven)-1]
	back := drive{last.way, !last.against}
	out := d.leaving(d.end(last))
	twoWay, mayReturn := 0, false
	for _, x := range out {
		if d.open(x) && d.open(drive{x.way, !x.against}) {
			twoWay++
		}
	}
	for _, x := range out {
		if !d.open(x) || slices.ContainsFunc(d.relations, func(r osm.Relation) bool { return d.forbidden(r, driven, x) }) {
			continue
		}
		if x == back && twoWay > 1 {
			mayReturn = true
			continue
		}
		next = append(next, x)
	}
	if len(next) == 0 && mayReturn {
		next = append(next, back)
	}
	return next
}

// half is the cost of half a way, whose node in the middle is its second.
func (d *driver) half(x drive, second bool) road.Cost {
	refs := d.ways[x.way].Refs
	i := 0
	if second != x.against {
		i = 1
	}
	metres := geo.Distance(d.place(refs[i]), d.place(refs[i+1]))
	return road.Cost{Millis: int64(max(1, math.Round(metres*100))), Millimetres: int64(math.Round(metres * 1000))}
}

func (d *driver) place(node int64) geo.Point {
	n := d.nodes[slices.IndexFunc(d.nodes, func(n osm.Node) bool { return n.ID == node })]
	return geo.Point{Lat: float64(n.Lat) * 1e-7, Lng: float64(n.Lng) * 1e-7}
}

// tour is what has been driven last, and what all of it cost.
type tour struct {
	cost   road.Cost
	driven []drive
}

type tours []tour

func (t tours) Len() int { return len(t) }
func (t tours) Less(i, j int) bool {
	a, b := t[i].cost, t[j].cost
	return a.Millis < b.Millis || a.Millis == b.Millis && a.Millimetres < b.Millimetres
}
func (t tours) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *tours) Push(x any)   { *t = append(*t, x.(tour)) }
func (t *tours) Pop() any {
	x := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return x
}

// from returns the costs from the middle of one way to those of all others.
func (d *driver) from(way int) []road.Cost {
	const memory = 4 // more than any rule needs
	out := make([]road.Cost, len(d.ways))
	for i := range out {
		out[i] = road.Unreachable
	}
	add := func(a, b road.Cost) road.Cost {
		return road.Cost{Millis: a.Millis + b.Millis, Millimetres: a.Millimetres + b.Millimetres}
	}
	seen := make(map[[memory]drive]bool)
	var queue tours
	for _, x := range []drive{{way, false}, {way, true}} {
		if d.open(x) {
			heap.Push(&queue, tour{d.half(x, true), []drive{x}})
		}
	}
	out[way] = road.Cost{}
	for queue.Len() > 0 {
		t := heap.Pop(&queue).(tour)
		var key [memory]drive
		for i := range key {
			key[i].way = -1
		}
		copy(key[:], t.driven)
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, x := range d.next(t.driven) {
			there := add(t.cost, d.half(x, false))
			if out[x.way] == road.Unreachable || (tours{{there, nil}, {out[x.way], nil}}).Less(0, 1) {
				out[x.way] = there
			}
			driven := append(slices.Clone(t.driven), x)
			heap.Push(&queue, tour{add(there, d.half(x, true)), driven[max(0, len(driven)-memory):]})
		}
	}
	return out
}

// On any small map, with any restrictions over nodes and over up to two ways, all
// costs are those of drivers who remember what they have driven.
func TestRestrictionsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := driver{sketch: randomStreets(t)}
		for range rapid.IntRange(0, 6).Draw(t, "rules") {
			d.randomRule(t)
		}
		m := d.prepare(t, plain())
		var middles []road.Place
		for _, w := range d.ways {
			p, err := m.AtNode(w.Refs[1])
			require.NoError(t, err)
			middles = append(middles, p)
		}
		f, table := road.NewFinder(m), make([]road.Cost, len(middles)*len(middles))
		f.Table(table, middles, middles, never)
		for i := range d.ways {
			want := d.from(i)
			require.Equal(t, want, table[i*len(want):(i+1)*len(want)], "from way %d", i+1)
			for j := range d.ways {
				require.Equal(t, want[j], f.Distance(middles[i], middles[j]), "from way %d to %d", i+1, j+1)
				r, ok := f.Route(middles[i], middles[j])
				require.Equal(t, want[j] != road.Unreachable, ok)
				if ok {
					require.Equal(t, want[j], r.Cost, "the route from way %d to %d", i+1, j+1)
				}
			}
		}
	})
}

// randomStreets joins the nodes of a small grid at random, each way with a node of
// its own in the middle.
func randomStreets(t *rapid.T) (s sketch) {
	const side = 3
	for i := range int64(side * side) {
		jitter := int32(rapid.IntRange(-3000, 3000).Draw(t, "jitter"))
		s.nodes = append(s.nodes, osm.Node{ID: i + 1, Lat: int32(step*(i/side)) + jitter, Lng: int32(step*(i%side)) - jitter/2})
	}
	for range rapid.IntRange(2, 14).Draw(t, "ways") {
		a := rapid.IntRange(0, side*side-1).Draw(t, "a")
		b := rapid.SampledFrom([]int{a - 1, a + 1, a - side, a + side}).Draw(t, "b")
		if b < 0 || b >= side*side {
			continue
		}
		id := int64(len(s.ways)) + 1
		from, to := s.nodes[a], s.nodes[b]
		s.nodes = append(s.nodes, osm.Node{ID: 100 + id, Lat: (from.Lat + to.Lat) / 2, Lng: (from.Lng+to.Lng)/2 + int32(37*id)})
		w := osm.Way{ID: id, Refs: []int64{from.ID, 100 + id, to.ID}, Tags: osm.Tags{"highway", "residential"}}
		if rapid.IntRange(0, 3).Draw(t, "oneway") == 0 {
			w.Tags = append(w.Tags, "oneway", "yes")
		}
		s.ways = append(s.ways, w)
	}
	if len(s.ways) == 0 {
		t.Skip("no ways")
	}
	return s
}

// randomRule forbids what one may meet when one drives at random.
func (d *driver) randomRule(t *rapid.T) {
	x := drive{rapid.IntRange(0, len(d.ways)-1).Draw(t, "from"), rapid.Bool().Draw(t, "against")}
	r := osm.Relation{ID: int64(len(d.relations)) + 1, Tags: osm.Tags{"type", "restriction", "restriction", rapid.SampledFrom([]string{"no_left_turn", "only_straight_on"}).Draw(t, "kind")}}
	length := rapid.IntRange(1, 3).Draw(t, "length")
	r.Members = append(r.Members, osm.Member{Kind: osm.WayKind, ID: int64(x.way) + 1, Role: "from"})
	for i := 1; i <= length; i++ {
		if length == 1 {
			r.Members = append(r.Members, osm.Member{Kind: osm.NodeKind, ID: d.end(x), Role: "via"})
		}
		out := d.leaving(d.end(x))
		if i < length { // nobody turns round inside of a rule
			out = slices.DeleteFunc(out, func(y drive) bool { return y.way == x.way })
		}
		if len(out) == 0 {
			return
		}
		x = rapid.SampledFrom(out).Draw(t, "next")
		role := "via"
		if i == length {
			role = "to"
		}
		r.Members = append(r.Members, osm.Member{Kind: osm.WayKind, ID: int64(x.way) + 1, Role: role})
	}
	d.relations = append(d.relations, r)
}
