// Package track is where couriers are and where they have been.
//
// It owns what a fix is, which fixes are refused and why ([Limits.Judge]), which
// of two is newer ([Fix.Compare]), the newest position of many couriers packed
// in a few bytes each ([Newest]), and the trail of a delivery ([Trail]).
//
// It promises that merging is commutative, associative and idempotent: fixes
// that arrive shuffled, repeated or late end in the same positions and trails as
// those that arrive in order.
package track

import (
	"math"
	"slices"
	"time"

	"lastmile/shared/geo"
)

// CourierID and OrderID name whose fix it is, and the order under way.
type (
	CourierID string
	OrderID   string
)

// Fix is where a courier's device says it was.
type Fix struct {
	Courier CourierID

	// Order is the order under way, if there is one: the fix joins its trail.
	Order OrderID

	// At is the device's clock. Seq is the device's count of its fixes, which
	// decides between those of the same millisecond.
	At  time.Time
	Seq int64

	geo.Point

	// Accuracy is in metres, Speed in metres a second, Heading in degrees
	// clockwise from north. Zero is unknown.
	Accuracy float64
	Speed    float64
	Heading  float64
}

// Numbers is a fix without its names in whole numbers, in the order in which
// fixes compare: milliseconds since 1970, sequence, latitude + 90° and
// longitude + 180° in units of 1e-7 degree (1.1 cm), accuracy in units of 0.1 m,
// speed in 0.01 m/s, heading in 0.1°. None is negative.
type Numbers [7]int64

// Digits is how many decimal digits each of the Numbers of a sound fix has at
// the most.
var Digits = [len(Numbers{})]int{13, 16, 10, 10, 5, 5, 4}

// Numbers returns f in whole numbers, rounded.
func (f Fix) Numbers() Numbers {
	return Numbers{
		f.At.UnixMilli(), f.Seq,
		whole(f.Lat+90, 1e7), whole(f.Lng+180, 1e7),
		whole(f.Accuracy, 10), whole(f.Speed, 100), whole(f.Heading, 10) % 3600,
	}
}

func whole(x, scale float64) int64 { return int64(math.Round(x * scale)) }

// Fix returns what n are the Numbers of.
func (n Numbers) Fix(courier CourierID) Fix {
	return Fix{
		Courier: courier,
		At:      time.UnixMilli(n[0]).UTC(), Seq: n[1],
		Point:    geo.Point{Lat: float64(n[2]-90e7) / 1e7, Lng: float64(n[3]-180e7) / 1e7},
		Accuracy: float64(n[4]) / 10, Speed: float64(n[5]) / 100, Heading: float64(n[6]) / 10,
	}
}

// Rounded is f as precisely as it is kept.
func (f Fix) Rounded() Fix {
	r := f.Numbers().Fix(f.Courier)
	r.Order = f.Order
	return r
}

// Compare is negative if f is older than g, and zero only if they are the same
// but for their names: by time, then sequence, then, so that the order of arrival
// never decides, by the rest.
func (f Fix) Compare(g Fix) int {
	a, b := f.Numbers(), g.Numbers()
	return slices.Compare(a[:], b[:])
}
