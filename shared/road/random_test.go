package road_test

import (
	"container/heap"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/network"
	"lastmile/shared/road/profile"
)

// mapOf prepares a made-up city.
func mapOf(t require.TestingT, c city.Options, p profile.Profile, o road.Options) *road.Map {
	m, err := road.Import(city.Scan(c), p, o)
	require.NoError(t, err)
	return m
}

// oracle is a plain Dijkstra over the turns of a network, from node to node. It
// shares no code with the map.
type oracle struct {
	net      *network.Network
	shortest bool
	kmh      map[[2]int64]float64 // of changed segments; 0 is closed
}

// felt is what ways are chosen by, and then what they cost.
type felt struct{ entries, first, second, ms, mm int64 }

func (a felt) less(b felt) bool {
	switch {
	case a.entries != b.entries:
		return a.entries < b.entries
	case a.first != b.first:
		return a.first < b.first
	}
	return a.second < b.second
}

func (a felt) plus(b felt) felt {
	return felt{a.entries + b.entries, a.first + b.first, a.second + b.second, a.ms + b.ms, a.mm + b.mm}
}

// part is the cost of an arc from its i-th to its j-th point, counted in its
// direction; false if it is closed.
func (o *oracle) part(arc uint32, i, j int) (felt, bool) {
	n := o.net
	lane := n.Lanes[arc]
	chain := lane / 2
	first, last := int(n.First[chain]), int(n.First[chain+1])-1
	sums := n.Fwd
	if lane%2 == 1 {
		sums = n.Bwd
	}
	at := func(k int) (ms, mm int64) { // the sums at the arc's k-th point
		for s := 0; s < last-first; s++ {
			p := first + s
			from, to := n.Node[p], n.Node[p+1]
			if lane%2 == 1 {
				p = last - 1 - s
				from, to = n.Node[p+1], n.Node[p]
			}
			length := int64(n.MM[p+1] - n.MM[p])
			time := int64(sums[p+1] - sums[p])
			if kmh, changed := o.kmh[[2]int64{from, to}]; changed {
				time = int64(max(1, math.Round(float64(length)*3.6/kmh)))
				if kmh == 0 {
					return -1, -1
				}
			}
			if s < k {
				ms, mm = ms+time, mm+length
			}
		}
		return ms, mm
	}
	ms0, mm0 := at(i)
	ms1, mm1 := at(j)
	if ms0 < 0 || ms1 < 0 {
		return felt{}, false
	}
	appeal := int64(n.Appeal[chain])
	f := felt{first: ms1*100/appeal - ms0*100/appeal, second: mm1 - mm0, ms: ms1 - ms0, mm: mm1 - mm0}
	if o.shortest {
		f.first, f.second = f.mm, f.ms
	}
	return f, true
}

func (o *oracle) turn(t uint32) felt {
	ms := int64(o.net.TurnCost[t] &^ network.Entry)
	f := felt{first: ms, ms: ms}
	if o.shortest {
		f.first, f.second = 0, ms
	} else if o.net.TurnCost[t]&network.Entry != 0 {
		f.entries = 1
	}
	return f
}

// stop is a place of an arc: one of its points, counted in its direction.
type stop struct {
	arc   uint32
	point int
}

// stops are those of a point of a chain: one on each arc.
func (o *oracle) stops(point uint32) (s []stop) {
	n := o.net
	chain := n.Chain[point]
	k, count := int(point-n.First[chain]), int(n.First[chain+1]-n.First[chain])
	for a, lane := range n.Lanes {
		switch lane {
		case 2 * chain:
			s = append(s, stop{uint32(a), k})
		case 2*chain + 1:
			s = append(s, stop{uint32(a), count - 1 - k})
		}
	}
	return s
}

type visit struct {
	cost felt
	arc  uint32 // entered at its start
}

type visits []visit

func (v visits) Len() int           { return len(v) }
func (v visits) Less(i, j int) bool { return v[i].cost.less(v[j].cost) }
func (v visits) Swap(i, j int)      { v[i], v[j] = v[j], v[i] }
func (v *visits) Push(x any)        { *v = append(*v, x.(visit)) }
func (v *visits) Pop() any {
	x := (*v)[len(*v)-1]
	*v = (*v)[:len(*v)-1]
	return x
}

// from returns the costs from a point to others, by Dijkstra's algorithm.
func (o *oracle) from(point uint32, to []uint32) []road.Cost {
	n := o.net
	best := make(map[uint32]felt)
	var queue visits
	leave := func(arc uint32, cost felt) {
		for t := n.TurnFirst[arc]; t < n.TurnFirst[arc+1]; t++ {
			if _, open := o.part(n.TurnTo[t], 0, 0); open {
				heap.Push(&queue, visit{cost.plus(o.turn(t)), n.TurnTo[t]})
			}
		}
	}
	length := func(arc uint32) int { c := n.Lanes[arc] / 2; return int(n.First[c+1]-n.First[c]) - 1 }
	starts := o.stops(point)
	for _, s := range starts {
		if rest, open := o.part(s.arc, s.point, length(s.arc)); open {
			leave(s.arc, rest)
		}
	}
	for queue.Len() > 0 {
		v := heap.Pop(&queue).(visit)
		if _, known := best[v.arc]; known {
			continue
		}
		best[v.arc] = v.cost
		if whole, open := o.part(v.arc, 0, length(v.arc)); open {
			leave(v.arc, v.cost.plus(whole))
		}
	}
	out := make([]road.Cost, len(to))
	for i, target := range to {
		out[i] = o.answer(best, starts, o.stops(target))
	}
	return out
}

func (o *oracle) answer(best map[uint32]felt, starts, ends []stop) road.Cost {
	least, found := felt{}, false
	try := func(f felt) {
		if !found || f.less(least) {
			least, found = f, true
		}
	}
	for _, e := range ends {
		before, open := o.part(e.arc, 0, e.point)
		if !open {
			continue
		}
		if b, ok := best[e.arc]; ok {
			try(b.plus(before))
		}
		for _, s := range starts {
			if s.arc == e.arc && s.point <= e.point {
				direct, _ := o.part(e.arc, s.point, e.point)
				try(direct)
			}
		}
	}
	if !found || least.entries > 3 {
		return road.Unreachable
	}
	return road.Cost{Millis: least.ms, Millimetres: least.mm}
}

// All kinds of questions have the oracle's answers, on any city, for any
// vehicle, with any traffic.
func TestEveryAnswerIsThatOfDijkstra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := profile.Named(rapid.SampledFrom([]string{"car", "moped", "bicycle", "foot"}).Draw(t, "vehicle"))
		require.NoError(t, err)
		o := road.Options{Shortest: rapid.Bool().Draw(t, "shortest")}
		base := mapOf(t, city.Options{Nodes: rapid.IntRange(60, 900).Draw(t, "nodes"), Seed: rapid.Uint64().Draw(t, "seed")}, p, o)
		truth := &oracle{net: base.Network(), shortest: o.Shortest}
		m := base
		truth.kmh = make(map[[2]int64]float64)
		for range rapid.IntRange(0, 2).Draw(t, "traffic") {
			m = jam(t, m, truth.kmh)
		}
		compare(t, base, m, truth)
	})
}

// jam changes the speed of some segments.
func jam(t *rapid.T, m *road.Map, kmh map[[2]int64]float64) *road.Map {
	n := m.Network()
	var changes []road.Change
	for range rapid.IntRange(1, 30).Draw(t, "changes") {
		i := rapid.IntRange(0, len(n.Node)-2).Draw(t, "segment")
		if n.Chain[i] != n.Chain[i+1] || n.Arcs[2*n.Chain[i]] == network.None {
			continue
		}
		key := [2]int64{n.Node[i], n.Node[i+1]}
		speed := rapid.SampledFrom([]float64{0, 1, 7.5, 50, 130}).Draw(t, "kmh")
		if _, again := kmh[key]; !again {
			kmh[key] = speed
			changes = append(changes, road.Change{From: key[0], To: key[1], KMH: speed})
		}
	}
	jammed, err := m.Reweight(changes)
	require.NoError(t, err)
	return jammed
}

func compare(t *rapid.T, base, m *road.Map, truth *oracle) {
	n := truth.net
	points := rapid.SliceOfN(rapid.IntRange(0, len(n.Node)-1), 1, 10) // more than are swept for at once
	sources, targets := points.Draw(t, "sources"), points.Draw(t, "targets")
	var from, to []road.Place
	for _, i := range sources {
		from = append(from, m.AtPoint(i))
	}
	var wanted []uint32
	for _, i := range targets {
		to, wanted = append(to, m.AtPoint(i)), append(wanted, uint32(i))
	}
	f := road.NewFinder(m)
	table, climbed := make([]road.Cost, len(from)*len(to)), make([]road.Cost, len(from)*len(to))
	f.Table(table, from, to, never)
	f.Table(climbed, climb(t, from, f, road.NewFinder(base)), to, never)
	for i, s := range sources {
		want := truth.from(uint32(s), wanted)
		require.Equal(t, want, table[i*len(to):(i+1)*len(to)], "row %d", i)
		require.Equal(t, want, climbed[i*len(to):(i+1)*len(to)], "row %d, where some have climbed", i)
		for j := range to {
			require.Equal(t, want[j], f.Distance(from[i], to[j]), "pair %d, %d", i, j)
			r, ok := f.Route(from[i], to[j])
			require.Equal(t, want[j] != road.Unreachable, ok, "route %d, %d", i, j)
			if ok {
				require.Equal(t, want[j], r.Cost, "route %d, %d", i, j)
				checkSteps(t, r)
			}
		}
	}
}

// climb has some of the places climb, some of them with weights that have
// changed since.
func climb(t *rapid.T, places []road.Place, now, before *road.Finder) []road.Place {
	out := make([]road.Place, len(places))
	for i, p := range places {
		switch rapid.SampledFrom([]string{"not", "now", "before"}).Draw(t, "climbed") {
		case "now":
			p = now.Climb(p)
		case "before":
			p = before.Climb(p)
		}
		out[i] = p
	}
	return out
}

func checkSteps(t require.TestingT, r road.Route) {
	var sum road.Cost
	var metres float64
	for _, s := range r.Steps {
		sum.Millis, sum.Millimetres = sum.Millis+s.Cost.Millis, sum.Millimetres+s.Cost.Millimetres
		for i := s.From + 1; i < s.To; i++ {
			metres += geo.Distance(r.Points[i-1], r.Points[i])
		}
	}
	require.Equal(t, r.Cost, sum, "the steps add up")
	require.InDelta(t, float64(r.Cost.Millimetres)/1000, metres, 0.01*float64(len(r.Points))+0.1, "the shape is as long as the way")
}
