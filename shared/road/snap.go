package road

import (
	"errors"
	"fmt"
	"math"

	"lastmile/shared/geo"
)

// Place is a place on a road of a map.
type Place struct {
	// Point is on the road, and Off how far it is from the place that was asked
	// for, in metres.
	Point geo.Point
	Off   float64

	segment uint32
	share   float64 // of the segment that is before the place
	climb   *climb  // since [Finder.Climb]
}

// ErrOffNetwork is returned for a place with no road near it.
var ErrOffNetwork = errors.New("no road near this place")

// DefaultRadius is how far from a place its road may be, in metres.
const DefaultRadius = 1000

// SnapOptions say which road a place is put on.
type SnapOptions struct {
	// Radius is in metres, at most 5,000; 0 is [DefaultRadius].
	Radius float64

	// Islands allows roads that are not connected with most others both ways.
	Islands bool
}

// perMetre is how many 1e-7 degrees of latitude a metre is.
const perMetre = 1e7 * 180 / (math.Pi * geo.EarthRadius)

// Snap returns the place on a road that is nearest to p.
func (m *Map) Snap(p geo.Point, o SnapOptions) (Place, error) {
	if !p.Valid() {
		return Place{}, fmt.Errorf("%w: latitude %v, longitude %v is no place", ErrOffNetwork, p.Lat, p.Lng)
	}
	if !(o.Radius > 0) {
		o.Radius = DefaultRadius
	}
	s := snapper{m: m, from: p, islands: o.Islands, reach: min(o.Radius, 5*DefaultRadius) * perMetre}
	s.lat, s.lng = p.Lat*1e7, p.Lng*1e7
	s.stretch = math.Cos(p.Lat * math.Pi / 180)
	s.run()
	if !s.found {
		return Place{}, fmt.Errorf("%w: within %.0f m of %.6f,%.6f", ErrOffNetwork, s.reach/perMetre, p.Lat, p.Lng)
	}
	return s.place(), nil
}

// snapper looks for the nearest segment in growing rings of cells. Lengths are
// in 1e-7 degree of latitude.
type snapper struct {
	m        *Map
	from     geo.Point
	islands  bool
	lat, lng float64
	stretch  float64 // of a degree of longitude
	reach    float64

	found   bool
	best    float64 // square of the distance
	segment uint32
	share   float64

	metres float64 // of the nearest node, where those count
	node   int64
}

func (s *snapper) run() {
	g := &s.m.grid
	row, col := g.cell(int32(math.Floor(s.lat)), int32(math.Floor(s.lng)))
	s.best = s.reach * s.reach
	edge := s.edge(row, col)
	for r := 0; ; r++ {
		s.ring(row, col, r)
		// What is outside of this ring is at least so far away.
		if out := edge + float64(r*g.size)*s.stretch; out*out > s.best || r*g.size > int(s.reach/s.stretch)+g.size {
			return
		}
	}
}

// edge is how far the nearest edge of the cell is.
func (s *snapper) edge(row, col int) float64 {
	g := &s.m.grid
	y := s.lat - float64(g.south) - float64(row*g.size)
	x := s.lng - float64(g.west) - float64(col*g.size)
	size := float64(g.size)
	return max(0, min(y, size-y, x*s.stretch, (size-x)*s.stretch))
}

// ring tries the cells at distance r, outermost rows whole and the others at
// their ends.
func (s *snapper) ring(row, col, r int) {
	for y := row - r; y <= row+r; y++ {
		step := 2 * r
		if y == row-r || y == row+r || r == 0 {
			step = 1
		}
		for x := col - r; x <= col+r; x += step {
			if !s.beyond(y, x) {
				s.cell(s.m.grid.in(y, x))
			}
		}
	}
}

// beyond reports whether all of a cell is farther than what was found, for sure.
func (s *snapper) beyond(row, col int) bool {
	g := &s.m.grid
	south, west := float64(int(g.south)+row*g.size)-s.lat, float64(int(g.west)+col*g.size)-s.lng
	y := max(0, south, -south-float64(g.size))
	x := max(0, west, -west-float64(g.size)) * s.stretch
	return y*y+x*x > s.best*tolerance+1
}

// tolerance is for what rounding may add to the square of a distance, and a flat
// earth.
const tolerance = 1.0001

func (s *snapper) cell(items []uint32) {
	for _, item := range items {
		if item&island != 0 && !s.islands {
			continue
		}
		if s.m.Info.Vertices {
			s.vertex(item &^ island)
			s.vertex(item&^island + 1)
			continue
		}
		s.line(item &^ island)
	}
}

// line tries the segment from point i to the next.
func (s *snapper) line(i uint32) {
	n := &s.m.network
	ay, ax := float64(n.Lat[i])-s.lat, (float64(n.Lng[i])-s.lng)*s.stretch
	dy, dx := float64(n.Lat[i+1]-n.Lat[i]), float64(n.Lng[i+1]-n.Lng[i])*s.stretch
	share := 0.0
	if length := dy*dy + dx*dx; length > 0 {
		share = max(0, min(1, -(ay*dy+ax*dx)/length))
	}
	y, x := ay+share*dy, ax+share*dx
	if d := y*y + x*x; d < s.best || d == s.best && s.found && i < s.segment {
		s.found, s.best, s.segment, s.share = true, d, i, share
	}
}

// vertex tries a point by its exact distance; of equals the node of the smaller
// id counts.
func (s *snapper) vertex(i uint32) {
	n := &s.m.network
	y, x := float64(n.Lat[i])-s.lat, (float64(n.Lng[i])-s.lng)*s.stretch
	d := y*y + x*x
	if d > s.best*tolerance+1 {
		return
	}
	metres := geo.Distance(s.from, degrees(n.Lat[i], n.Lng[i]))
	if s.found && (metres > s.metres || metres == s.metres && n.Node[i] >= s.node) {
		return
	}
	s.found, s.best, s.metres, s.node = true, d, metres, n.Node[i]
	s.segment, s.share = s.m.spot(i)
}

// spot names a point by a segment and a share.
func (m *Map) spot(i uint32) (segment uint32, share float64) {
	if n := &m.network; i+1 < uint32(len(n.Chain)) && n.Chain[i+1] == n.Chain[i] {
		return i, 0
	}
	return i - 1, 1
}

func (s *snapper) place() Place {
	n, i := &s.m.network, s.segment
	lat := float64(n.Lat[i]) + s.share*float64(n.Lat[i+1]-n.Lat[i])
	lng := float64(n.Lng[i]) + s.share*float64(n.Lng[i+1]-n.Lng[i])
	p := Place{Point: geo.Point{Lat: lat * 1e-7, Lng: lng * 1e-7}, segment: i, share: s.share}
	p.Off = geo.Distance(s.from, p.Point)
	return p
}

// AtNode returns the place of an OSM node, on whichever part of the network.
func (m *Map) AtNode(node int64) (Place, error) {
	points := m.points(node)
	if len(points) == 0 {
		return Place{}, fmt.Errorf("%w: node %d is on none", ErrOffNetwork, node)
	}
	i := points[0]
	p := Place{Point: degrees(m.network.Lat[i], m.network.Lng[i])}
	p.segment, p.share = m.spot(i)
	return p, nil
}
