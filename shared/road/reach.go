package road

import (
	"container/heap"

	"lastmile/shared/geo"
	"lastmile/shared/road/hierarchy"
)

// Stretch is a piece of road that can be reached, from its start on.
type Stretch []geo.Point

// Reach returns all road to which the way from a place takes at most so many
// milliseconds. It is false if stop told it to leave something out.
func (f *Finder) Reach(from Place, millis int64, stop func() bool) ([]Stretch, bool) {
	if f.reach == nil {
		f.reach = newReach(len(f.m.network.Lanes))
	}
	r := f.reach
	defer r.reset()
	anchors := f.m.anchors(nil, from)
	var found []Stretch
	for _, a := range anchors {
		found = append(found, f.m.stretch(a.arc, f.m.cost(a.before).Millis, from.Point, millis))
	}
	for _, seed := range f.m.around(nil, anchors) {
		r.push(seed.Node, seed.Cost)
	}
	for n := 0; r.Len() > 0; n++ {
		if n%1024 == 1023 && stop() {
			return found, false
		}
		x := heap.Pop(r).(label)
		left := millis - f.m.cost(x.cost).Millis
		if x.cost.Weight > r.dist[x.arc] || left < 0 {
			continue
		}
		found = append(found, f.m.stretch(x.arc, 0, f.m.start(x.arc), left))
		f.m.spread(r, x)
	}
	return found, true
}

// spread pushes the arcs after x.
func (m *Map) spread(r *reach, x label) {
	n := &m.network
	whole := m.whole(x.arc)
	end := hierarchy.Cost{Weight: x.cost.Weight + whole.Weight, Extra: x.cost.Extra + whole.Extra}
	for t := n.TurnFirst[x.arc]; t < n.TurnFirst[x.arc+1]; t++ {
		if !m.isClosed(n.Lanes[n.TurnTo[t]]) {
			r.push(n.TurnTo[t], plus(end, m.turnWeight(t)))
		}
	}
}

// start returns where an arc starts.
func (m *Map) start(arc uint32) geo.Point {
	lane := m.network.Lanes[arc]
	i := m.network.First[lane/2]
	if lane%2 == 1 {
		i = m.network.First[lane/2+1] - 1
	}
	return degrees(m.network.Lat[i], m.network.Lng[i])
}

// stretch returns what can be reached of an arc from a point so many
// milliseconds after its start.
func (m *Map) stretch(arc uint32, after int64, from geo.Point, millis int64) Stretch {
	n := &m.network
	lane := n.Lanes[arc]
	first, last := n.First[lane/2], n.First[lane/2+1]-1
	s, previous := Stretch{from}, after
	for k := uint32(1); k <= last-first; k++ {
		i, at := first+k, int64(n.Fwd[first+k])
		if lane%2 == 1 {
			i = last - k
			at = int64(n.Bwd[last] - n.Bwd[i])
		}
		if at <= after {
			continue
		}
		here := degrees(n.Lat[i], n.Lng[i])
		if at-after > millis {
			share := float64(millis+after-previous) / float64(at-previous)
			return append(s, toward(s[len(s)-1], here, share))
		}
		s, previous = append(s, here), at
	}
	return s
}

func toward(a, b geo.Point, share float64) geo.Point {
	return geo.Point{Lat: a.Lat + share*(b.Lat-a.Lat), Lng: a.Lng + share*(b.Lng-a.Lng)}
}

// reach is the queue of Dijkstra's algorithm over arcs.
type reach struct {
	dist    []int64 // by arc, to its start
	touched []uint32
	labels  []label
}

type label struct {
	cost hierarchy.Cost
	arc  uint32
}

func newReach(arcs int) *reach {
	r := &reach{dist: make([]int64, arcs)}
	for a := range r.dist {
		r.dist[a] = hierarchy.Inf
	}
	return r
}

func (r *reach) push(arc uint32, cost hierarchy.Cost) {
	if cost.Weight >= r.dist[arc] {
		return
	}
	r.dist[arc] = cost.Weight
	r.touched = append(r.touched, arc)
	heap.Push(r, label{cost, arc})
}

func (r *reach) reset() {
	for _, a := range r.touched {
		r.dist[a] = hierarchy.Inf
	}
	r.touched, r.labels = r.touched[:0], r.labels[:0]
}

// Len, Less, Swap, Push and Pop are those of [heap.Interface].
func (r *reach) Len() int           { return len(r.labels) }
func (r *reach) Less(i, j int) bool { return r.labels[i].cost.Weight < r.labels[j].cost.Weight }
func (r *reach) Swap(i, j int)      { r.labels[i], r.labels[j] = r.labels[j], r.labels[i] }
func (r *reach) Push(x any)         { r.labels = append(r.labels, x.(label)) }
func (r *reach) Pop() any {
	x := r.labels[len(r.labels)-1]
	r.labels = r.labels[:len(r.labels)-1]
	return x
}
