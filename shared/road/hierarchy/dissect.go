package hierarchy

import (
	"cmp"
	"math"
	"slices"
)

// Order returns the edges of a road graph from the most important to the least,
// by nested dissection: edges whose removal parts the graph into two halves come
// before those inside of the halves, and of these the fast ones first: many ways
// over the others then need no shortcut. Ends are the two nodes of each edge; lat
// and lng the places of the nodes, in any unit of degrees; paces the times that
// the edges take for their length.
//
// The cuts are found by inertial flow (Schild and Sommer, 2015): along each of
// four directions the first and the last quarter of the nodes are source and
// sink, and the smallest cut between them counts.
func Order(ends [][2]uint32, lat, lng []int32, paces []uint32) []uint32 {
	d := &dissector{ends: ends, paces: paces, lat: lat, lng: lng, local: make([]uint32, len(lat)), order: make([]uint32, 0, len(ends))}
	if len(lat) > 0 {
		d.stretch = math.Cos(float64(lat[0]) * 1e-7 * math.Pi / 180)
	}
	nodes, edges := make([]uint32, len(lat)), make([]uint32, len(ends))
	for i := range nodes {
		nodes[i] = uint32(i)
	}
	for i := range edges {
		edges[i] = uint32(i)
	}
	d.cell(nodes, edges)
	return d.order
}

type dissector struct {
	ends     [][2]uint32
	lat, lng []int32
	paces    []uint32 // by edge
	stretch  float64  // of a degree of longitude

	local []uint32 // by node: its number in the current cell
	keys  []uint64
	flow  flow
	order []uint32
}

// cell orders the edges inside of a set of nodes. It may reorder both slices.
func (d *dissector) cell(nodes, edges []uint32) {
	if len(nodes) < 2 || len(edges) < 2 {
		d.order = append(d.order, edges...)
		return
	}
	side := d.cut(nodes, edges)
	at := func(e, end uint32) bool { return side[d.local[d.ends[e][end]]] }
	var a, b []uint32
	first := len(d.order)
	for _, e := range edges {
		switch near, far := at(e, 0), at(e, 1); {
		case near != far:
			d.order = append(d.order, e)
		case near:
			a = append(a, e)
		default:
			b = append(b, e)
		}
	}
	slices.SortFunc(d.order[first:], func(e, f uint32) int { return cmp.Or(cmp.Compare(d.paces[e], d.paces[f]), cmp.Compare(e, f)) })
	var inA, inB []uint32
	for i, n := range nodes {
		if side[i] {
			inA = append(inA, n)
		} else {
			inB = append(inB, n)
		}
	}
	d.cell(inA, a)
	d.cell(inB, b)
}

// cut returns on which side of the best cut each node of a cell is.
func (d *dissector) cut(nodes, edges []uint32) (best []bool) {
	for i, n := range nodes {
		d.local[n] = uint32(i)
	}
	d.flow.load(len(nodes), len(edges), func(i int) (uint32, uint32) {
		e := d.ends[edges[i]]
		return d.local[e[0]], d.local[e[1]]
	})
	least := math.Inf(1)
	for _, direction := range [4][2]float64{{1, 0}, {0, 1}, {1, 1}, {1, -1}} {
		d.sort(nodes, direction[0], direction[1])
		edge := max(1, len(nodes)/4)
		limit := len(edges) + 1
		if !math.IsInf(least, 1) {
			limit = int(least*float64(len(nodes))/2) + 1
		}
		size, ok := d.flow.run(d.keys[:edge], d.keys[len(nodes)-edge:], limit)
		if !ok {
			continue
		}
		side, small := d.flow.side()
		if cost := float64(size) / float64(small); cost < least || best == nil {
			least, best = cost, side
		}
	}
	return best
}

// sort fills keys with the cell's nodes along a direction: the low half of a key
// is the node's number in the cell.
func (d *dissector) sort(nodes []uint32, north, east float64) {
	d.keys = slices.Grow(d.keys[:0], len(nodes))
	for i, n := range nodes {
		along := north*float64(d.lat[n]) + east*d.stretch*float64(d.lng[n])
		d.keys = append(d.keys, uint64(int64(along/2)+1<<31)<<32|uint64(i))
	}
	slices.Sort(d.keys)
}
