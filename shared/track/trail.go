package track

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"lastmile/shared/geo"
)

// Spot is a place on a trail, to the second and to 1e-6 degree (11 cm).
type Spot struct {
	At time.Time `json:"at"`
	geo.Point
}

// Trail is where a courier went: at most one spot for each second, in order.
type Trail []Spot

// Window is the span of time that one chunk of a trail covers. A chunk has no
// more spots than a window has seconds.
const Window = 30 * time.Minute

// TrailOf returns the trail of fixes in any order. Of those in the same second
// the northernmost stays, whichever came first.
func TrailOf(fixes ...Fix) Trail {
	t := make(Trail, len(fixes))
	for i, f := range fixes {
		f = f.Rounded() // as everybody else knows it
		t[i] = spot(f.At.Unix(), whole(f.Lat, 1e6), whole(f.Lng, 1e6))
	}
	return t.tidy()
}

func spot(second, lat, lng int64) Spot {
	return Spot{At: time.Unix(second, 0).UTC(), Point: geo.Point{Lat: float64(lat) / 1e6, Lng: float64(lng) / 1e6}}
}

// Merge returns the trail with the spots of both.
func (t Trail) Merge(u Trail) Trail { return slices.Concat(t, u).tidy() }

// tidy sorts t and leaves one spot a second. It uses t's memory.
func (t Trail) tidy() Trail {
	slices.SortFunc(t, func(a, b Spot) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(b.Lat, a.Lat), cmp.Compare(b.Lng, a.Lng))
	})
	return slices.CompactFunc(t, func(a, b Spot) bool { return a.At.Equal(b.At) })
}

// Windows divides t by [Window]; the keys count windows since 1970.
func (t Trail) Windows() map[int64]Trail {
	windows := make(map[int64]Trail)
	for _, s := range t {
		n := s.At.Unix() / int64(Window/time.Second)
		windows[n] = append(windows[n], s)
	}
	return windows
}

// trailing is the version of the packed form: after it the number of spots, then
// for each spot the seconds since the one before, and the millionths of a degree
// of latitude and longitude, as zig-zag varints. The first counts from zero.
const trailing = 1

// Pack returns t packed, some five bytes a spot.
func (t Trail) Pack() []byte {
	b := binary.AppendUvarint([]byte{trailing}, uint64(len(t)))
	var second, lat, lng int64
	for _, s := range t {
		x, y, z := s.At.Unix(), whole(s.Lat, 1e6), whole(s.Lng, 1e6)
		b = binary.AppendVarint(b, x-second)
		b = binary.AppendVarint(b, y-lat)
		b = binary.AppendVarint(b, z-lng)
		second, lat, lng = x, y, z
	}
	return b
}

// UnpackTrail returns what was packed. Nothing is an empty trail.
func UnpackTrail(packed []byte) (Trail, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	u := &unpacker{rest: packed}
	u.version(trailing)
	t := make(Trail, u.count())
	var second, lat, lng int64
	for i := range t {
		second, lat, lng = second+u.signed(), lat+u.signed(), lng+u.signed()
		t[i] = spot(second, lat, lng)
	}
	if u.err != nil {
		return nil, fmt.Errorf("trail: %w", u.err)
	}
	return t.tidy(), nil
}

// Length is the metres along t.
func (t Trail) Length() float64 {
	var sum float64
	for i := 1; i < len(t); i++ {
		sum += geo.Distance(t[i-1].Point, t[i].Point)
	}
	return math.Round(sum)
}
