package road

import (
	"container/heap"

	"lastmile/shared/geo"
	"lastmile/shared/road/hierarchy"
)

// Stretch is a piece of road that can be reached, from its start on.
type Stretch []geo.Point

// Reach returns all road that can be reached from a place within so many
// milliseconds. It is false if stop told it to leave something out.
func (f *Finder) Reach(from Place, millis int64, stop func() bool) ([]Stretch, bool) {
	if f.reach == nil {
		f.reach = newReach(len(f.m.network.Lanes))
	}
	r := f.reach
	defer r.reset()
	anchors := f.m.anchors(nil, from)
	for _, a := range anchors {
		r.push(a.arc, -a.before)
	}
	var found []Stretch
	limit := f.m.weigh(millis+1, 0) - 1
	for n := 0; r.Len() > 0; n++ {
		if n%1024 == 1023 && stop() {
			return found, false
		}
		x := heap.Pop(r).(label)
		if x.weight > r.dist[x.arc] {
			continue
		}
		var start *anchor
		if x.weight < 0 {
			start = on(x.arc, anchors)
		}
		found = append(found, f.m.stretch(x.arc, start, x.weight, limit))
		f.m.spread(r, x, limit)
	}
	return found, true
}

// spread pushes the arcs after x.
func (m *Map) spread(r *reach, x label, limit int64) {
	n := &m.network
	end := x.weight + m.arcWeight(x.arc)
	for t := n.TurnFirst[x.arc]; t < n.TurnFirst[x.arc+1]; t++ {
		if w := (end + m.turnWeight(t)) & (entry - 1); w <= limit && !m.isClosed(n.TurnTo[t]) {
			r.push(n.TurnTo[t], w)
		}
	}
}

// stretch returns the points of an arc, entered at a weight, up to a limit.
func (m *Map) stretch(arc uint32, start *anchor, weight, limit int64) Stretch {
	n := &m.network
	lane := n.Lanes[arc]
	first, last := n.First[lane/2], n.First[lane/2+1]-1
	var s Stretch
	previous := int64(0)
	for k := uint32(0); k <= last-first; k++ {
		i, at := first+k, int64(0)
		if lane%2 == 0 {
			at = m.weigh(int64(n.Fwd[i]), int64(n.MM[i]))
		} else {
			i = last - k
			at = m.weigh(int64(n.Bwd[last]-n.Bwd[i]), int64(n.MM[last]-n.MM[i]))
		}
		here := degrees(n.Lat[i], n.Lng[i])
		switch {
		case start != nil && at < start.before: // not yet at the place
		case weight+at <= limit:
			s = append(s, here)
		default:
			if len(s) > 0 {
				share := float64(limit-weight-previous) / float64(at-previous)
				s = append(s, toward(s[len(s)-1], here, share))
			}
			return s
		}
		previous = at
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
	weight int64
	arc    uint32
}

func newReach(arcs int) *reach {
	r := &reach{dist: make([]int64, arcs)}
	for a := range r.dist {
		r.dist[a] = hierarchy.Inf
	}
	return r
}

func (r *reach) push(arc uint32, weight int64) {
	if weight >= r.dist[arc] {
		return
	}
	r.dist[arc] = weight
	r.touched = append(r.touched, arc)
	heap.Push(r, label{weight, arc})
}

func (r *reach) reset() {
	for _, a := range r.touched {
		r.dist[a] = hierarchy.Inf
	}
	r.touched, r.labels = r.touched[:0], r.labels[:0]
}

// Len, Less, Swap, Push and Pop are those of [heap.Interface].
func (r *reach) Len() int           { return len(r.labels) }
func (r *reach) Less(i, j int) bool { return r.labels[i].weight < r.labels[j].weight }
func (r *reach) Swap(i, j int)      { r.labels[i], r.labels[j] = r.labels[j], r.labels[i] }
func (r *reach) Push(x any)         { r.labels = append(r.labels, x.(label)) }
func (r *reach) Pop() any {
	x := r.labels[len(r.labels)-1]
	r.labels = r.labels[:len(r.labels)-1]
	return x
}
