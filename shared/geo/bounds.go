package geo

import "math"

// Bounds is a box of degrees, its edges included. One that crosses the
// antimeridian has West > East. The zero Bounds holds the point (0, 0) alone.
type Bounds struct {
	South float64 `json:"south"`
	West  float64 `json:"west"`
	North float64 `json:"north"`
	East  float64 `json:"east"`
}

// Contains reports whether p is in the box.
func (b Bounds) Contains(p Point) bool {
	if p.Lat < b.South || p.Lat > b.North {
		return false
	}
	if b.West > b.East {
		return p.Lng >= b.West || p.Lng <= b.East
	}
	return p.Lng >= b.West && p.Lng <= b.East
}

// Around returns a box that holds every point within so many metres of p, and
// little more. Near a pole it spans all longitudes.
func Around(p Point, metres float64) Bounds {
	angle := metres / EarthRadius
	b := Bounds{South: p.Lat - degrees(angle), North: p.Lat + degrees(angle), West: -180, East: 180}
	if b.South <= -90 || b.North >= 90 || angle >= math.Pi/2 {
		return Bounds{South: max(b.South, -90), North: min(b.North, 90), West: -180, East: 180}
	}
	reach := degrees(math.Asin(math.Min(1, math.Sin(angle)/math.Cos(radians(p.Lat)))))
	b.West, b.East = wrap(p.Lng-reach), wrap(p.Lng+reach)
	return b
}

// wrap returns a longitude as -180 to 180.
func wrap(lng float64) float64 {
	switch {
	case lng < -180:
		return lng + 360
	case lng > 180:
		return lng - 360
	}
	return lng
}
