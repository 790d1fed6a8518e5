package geo_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/geo"
)

func TestDistance(t *testing.T) {
	berlin, paris := geo.Point{Lat: 52.5200, Lng: 13.4050}, geo.Point{Lat: 48.8566, Lng: 2.3522}
	tests := map[string]struct {
		from, to geo.Point
		metres   float64
	}{
		"nowhere":                        {berlin, berlin, 0},
		"Berlin to Paris":                {berlin, paris, 877_464},
		"a degree along the equator":     {geo.Point{}, geo.Point{Lng: 1}, 111_195},
		"a degree along a meridian":      {geo.Point{Lng: 7}, geo.Point{Lat: 1, Lng: 7}, 111_195},
		"over the antimeridian":          {geo.Point{Lng: 179.5}, geo.Point{Lng: -179.5}, 111_195},
		"to the other side of the earth": {geo.Point{}, geo.Point{Lng: 180}, math.Pi * geo.EarthRadius},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.InDelta(t, test.metres, geo.Distance(test.from, test.to), 10)
			require.InDelta(t, test.metres, geo.Distance(test.to, test.from), 10)
		})
	}
}

func TestValid(t *testing.T) {
	tests := map[string]struct {
		point geo.Point
		valid bool
	}{
		"the origin":            {geo.Point{}, true},
		"the edge":              {geo.Point{Lat: -geo.MaxLat, Lng: geo.MaxLng}, true},
		"a pole":                {geo.Point{Lat: 90}, false},
		"too far east":          {geo.Point{Lng: 180.0001}, false},
		"no number":             {geo.Point{Lat: math.NaN()}, false},
		"an infinite longitude": {geo.Point{Lng: math.Inf(-1)}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.valid, test.point.Valid()) })
	}
}

// A box must not cut off anything that is near enough, at any place.
func TestAroundHoldsEverythingNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := geo.Point{Lat: rapid.Float64Range(-89.9, 89.9).Draw(t, "lat"), Lng: rapid.Float64Range(-180, 180).Draw(t, "lng")}
		q := geo.Point{Lat: p.Lat + rapid.Float64Range(-2, 2).Draw(t, "north"), Lng: p.Lng + rapid.Float64Range(-2, 2).Draw(t, "east")}
		q.Lat = min(max(q.Lat, -90), 90)
		if q.Lng > 180 {
			q.Lng -= 360
		} else if q.Lng < -180 {
			q.Lng += 360
		}
		require.True(t, geo.Around(p, geo.Distance(p, q)*1.000001+0.001).Contains(q), "%v %v", p, q)
	})
}

func TestAroundIsTight(t *testing.T) {
	b := geo.Around(geo.Point{Lat: 60, Lng: 10}, 1000)
	require.False(t, b.Contains(geo.Point{Lat: 60.01, Lng: 10}))
	require.False(t, b.Contains(geo.Point{Lat: 60, Lng: 10.02}))
	require.True(t, geo.Around(geo.Point{Lat: 10, Lng: 179.999}, 1000).Contains(geo.Point{Lat: 10, Lng: -179.999}))
}

func BenchmarkDistance(b *testing.B) {
	b.ReportAllocs()
	p, q := geo.Point{Lat: 52.52, Lng: 13.405}, geo.Point{Lat: 52.53, Lng: 13.41}
	for b.Loop() {
		geo.Distance(p, q)
	}
}
