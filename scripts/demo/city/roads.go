package city

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	roadcity "lastmile/shared/road/city"
	"lastmile/shared/road/profile"
	"lastmile/shared/road/roadfile"
)

// Nodes is the size of the city that is made up where there is no extract: about
// five kilometres across.
const Nodes = 12_000

// Prepare returns the map of an OpenStreetMap extract, or of a city that does not
// exist if extract is empty. It is kept in dir, and found there the next time.
func Prepare(dir, extract string) (path string, err error) {
	name := fmt.Sprintf("generated-%d.road", Nodes)
	scan := roadcity.Scan(roadcity.Options{Nodes: Nodes})
	if extract != "" {
		info, err := os.Stat(extract)
		if err != nil {
			return "", err
		}
		sum := crc32.ChecksumIEEE(fmt.Append(nil, extract, info.Size(), info.ModTime().UnixNano()))
		name = fmt.Sprintf("extract-%08x.road", sum)
		scan = roadfile.Extract(extract)
	}
	path = filepath.Join(dir, name)
	if f, err := roadfile.Open(path); err == nil {
		return path, f.Close()
	}
	m, err := road.Import(scan, profile.Car(), road.Options{})
	if err != nil {
		return "", fmt.Errorf("prepare the roads: %w", err)
	}
	return path, errors.Join(os.MkdirAll(dir, 0o700), roadfile.Write(path, m))
}

// roads are where couriers ride.
type roads struct {
	file    *roadfile.File
	finders sync.Pool
}

func openRoads(path string) (*roads, error) {
	f, err := roadfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the roads: %w", err)
	}
	r := &roads{file: f}
	r.finders.New = func() any { return road.NewFinder(f.Map) }
	return r, nil
}

func (r *roads) Close() error { return r.file.Close() }

// around returns a place on a road about so many metres from p at the most. It
// stays inside of the map's inner part.
func (r *roads) around(rng *rand.Rand, p geo.Point, metres float64) geo.Point {
	for range 20 {
		angle, far := 2*math.Pi*rng.Float64(), metres*math.Sqrt(rng.Float64())
		box := geo.Around(p, far)
		to := geo.Point{
			Lat: p.Lat + (box.North-p.Lat)*math.Sin(angle),
			Lng: p.Lng + (box.East-p.Lng)*math.Cos(angle),
		}
		if at, err := r.file.Map.Snap(to, road.SnapOptions{}); err == nil && r.file.Map.Bounds().Contains(at.Point) {
			return at.Point
		}
	}
	return p
}

// middle is about where a city has its centre.
func (r *roads) middle() geo.Point {
	b := r.file.Map.Bounds()
	p := geo.Point{Lat: (b.South + b.North) / 2, Lng: (b.West + b.East) / 2}
	if at, err := r.file.Map.Snap(p, road.SnapOptions{Radius: 5000}); err == nil {
		return at.Point
	}
	return p
}

// radius is how far the city reaches from its middle.
func (r *roads) radius() float64 {
	b := r.file.Map.Bounds()
	m := geo.Point{Lat: (b.South + b.North) / 2, Lng: (b.West + b.East) / 2}
	return 0.9 * min(geo.Distance(m, geo.Point{Lat: b.North, Lng: m.Lng}), geo.Distance(m, geo.Point{Lat: m.Lat, Lng: b.East}))
}

// way returns the way between two places: along roads, or straight where no road
// leads.
func (r *roads) way(from, to geo.Point) []geo.Point {
	a, err := r.file.Map.Snap(from, road.SnapOptions{})
	b, err2 := r.file.Map.Snap(to, road.SnapOptions{})
	if err != nil || err2 != nil {
		return []geo.Point{from, to}
	}
	f := r.finders.Get().(*road.Finder)
	defer r.finders.Put(f)
	found, ok := f.Route(a, b)
	if !ok {
		return []geo.Point{from, to}
	}
	return append(found.Points, to)
}

// ride is somebody on their way.
type ride struct {
	points []geo.Point // what is left of the way; the first is where they are
}

// at is where they are.
func (r *ride) at() geo.Point { return r.points[0] }

// advance goes on by so many metres, and reports whether the end is reached.
func (r *ride) advance(metres float64) (heading float64, arrived bool) {
	for len(r.points) > 1 {
		from, to := r.points[0], r.points[1]
		heading = bearing(from, to)
		step := geo.Distance(from, to)
		if step > metres {
			share := metres / step
			r.points[0] = geo.Point{Lat: from.Lat + share*(to.Lat-from.Lat), Lng: from.Lng + share*(to.Lng-from.Lng)}
			return heading, false
		}
		metres -= step
		r.points = r.points[1:]
	}
	return heading, true
}

// bearing is the direction from a to b, in degrees clockwise from north.
func bearing(a, b geo.Point) float64 {
	east := (b.Lng - a.Lng) * math.Cos(a.Lat*math.Pi/180)
	return math.Mod(math.Atan2(east, b.Lat-a.Lat)*180/math.Pi+360, 360)
}
