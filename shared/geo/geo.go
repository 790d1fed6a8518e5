// Package geo is points on the globe, the distances between them, and boxes
// around them.
//
// It promises nothing about roads: a distance here is the shortest way over a
// sphere, within 0.6% of the true one.
package geo

import "math"

// Point is a place in degrees, WGS 84.
type Point struct {
	Lat float64 `json:"lat" firestore:"lat"`
	Lng float64 `json:"lng" firestore:"lng"`
}

// The bounds of what a map in Web Mercator can show, and Redis's geo index hold.
const (
	MaxLat = 85.05
	MaxLng = 180
)

// Valid reports whether p is a place between the bounds; NaN and infinities
// are not.
func (p Point) Valid() bool {
	return math.Abs(p.Lat) <= MaxLat && math.Abs(p.Lng) <= MaxLng
}

// EarthRadius is that of the sphere of all distances, in metres.
const EarthRadius = 6_371_008.8

// Distance returns the metres from p to q along a great circle, by the haversine
// formula.
func Distance(p, q Point) float64 {
	lat1, lat2 := radians(p.Lat), radians(q.Lat)
	dLat, dLng := math.Sin((lat2-lat1)/2), math.Sin(radians(q.Lng-p.Lng)/2)
	h := dLat*dLat + math.Cos(lat1)*math.Cos(lat2)*dLng*dLng
	return 2 * EarthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

func degrees(radians float64) float64 { return radians * 180 / math.Pi }
