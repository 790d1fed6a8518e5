package event

import (
	"fmt"
	"math"
	"time"
)

// LocationBatch tells where couriers of one shard are now, and where they went
// on the way of their orders. It repeats and overtakes others of its kind: the
// newest fix of each courier counts.
type LocationBatch struct {
	Header `json:"-"`

	// Shard counts from 0.
	Shard int `json:"shard"`

	Positions []LocationFix   `json:"positions,omitempty"`
	Trails    []LocationTrail `json:"trails,omitempty"`
}

// LocationFix is where a courier's device was.
type LocationFix struct {
	Courier string `json:"courier"`

	// At is the device's clock, and Seq its count of fixes: the later by At, then
	// by Seq, is the newer.
	At  time.Time `json:"at"`
	Seq int64     `json:"seq,omitempty"`

	// Lat and Lng are in degrees, WGS 84.
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`

	// Accuracy is in metres, Speed in metres a second, Heading in degrees; 0 is
	// unknown.
	Accuracy float64 `json:"accuracy,omitempty"`
	Speed    float64 `json:"speed,omitempty"`
	Heading  float64 `json:"heading,omitempty"`
}

// LocationTrail is a part of a courier's way with an order.
type LocationTrail struct {
	Order   string `json:"order"`
	Courier string `json:"courier"`

	// Points is a packed trail: a byte 1, the number of points, then for each the
	// seconds since 1970, latitude and longitude in 1e-6 degree, each less that of
	// the point before, as zig-zag varints.
	Points []byte `json:"points"`
}

// Type implements [Event].
func (LocationBatch) Type() Type { return "location.batch.v1" }

// Key is the shard.
func (e LocationBatch) Key() string { return fmt.Sprintf("shard-%d", e.Shard) }

// Validate implements [Event].
func (e LocationBatch) Validate() error {
	err := check(e.Type(),
		atLeast("shard", e.Shard, 0),
		when(len(e.Positions)+len(e.Trails) == 0, "positions", "must not be empty where trails is"),
	)
	for i := 0; i < len(e.Positions) && err == nil; i++ {
		err = e.Positions[i].validate(e.Type())
	}
	for i := 0; i < len(e.Trails) && err == nil; i++ {
		err = e.Trails[i].validate(e.Type())
	}
	return err
}

func (f LocationFix) validate(t Type) error {
	return check(t,
		required("positions.courier", f.Courier),
		when(f.At.IsZero(), "positions.at", "must be a time"),
		when(!(math.Abs(f.Lat) <= 90), "positions.lat", "must be within ±90"),
		when(!(math.Abs(f.Lng) <= 180), "positions.lng", "must be within ±180"),
	)
}

func (l LocationTrail) validate(t Type) error {
	return check(t,
		required("trails.order", l.Order),
		required("trails.courier", l.Courier),
		when(len(l.Points) == 0, "trails.points", "must not be empty"),
	)
}
