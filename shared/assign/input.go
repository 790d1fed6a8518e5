package assign

import (
	"time"

	"lastmile/shared/geo"
)

// Order waits for a courier.
type Order struct {
	ID   string `json:"id"`
	Shop string `json:"shop"`
	Zone string `json:"zone,omitempty"`

	Pickup  geo.Point `json:"pickup"`
	Dropoff geo.Point `json:"dropoff"`

	Placed time.Time `json:"placed"`

	// Ready is when it can be picked up, as far as the shop knows.
	Ready time.Time `json:"ready"`

	Needs Needs `json:"needs,omitzero"`

	// Pinned is the only courier who may be asked, when an operator chose one.
	Pinned string `json:"pinned,omitempty"`

	// Offered says that an offer for it is open: it is counted on to be carried,
	// and not offered again.
	Offered bool `json:"offered,omitempty"`

	// Declined are the couriers who refused it or let an offer lapse.
	Declined []Refusal `json:"declined,omitempty"`
}

// Needs are what an order asks of its courier.
type Needs struct {
	// Size is in the units of a courier's capacity; 0 counts as 1.
	Size int `json:"size,omitempty"`

	// Cash is what the courier collects at the door, in minor units.
	Cash int64 `json:"cash,omitempty"`

	// Vehicles are the kinds that will do; none means any.
	Vehicles []string `json:"vehicles,omitempty"`

	Skills []string `json:"skills,omitempty"`
}

// Refusal is a courier's no to one order.
type Refusal struct {
	Courier string    `json:"courier"`
	At      time.Time `json:"at"`
}

// Courier is somebody on duty.
type Courier struct {
	ID   string `json:"id"`
	Zone string `json:"zone,omitempty"`

	// At is where the courier is, or will be at FreeAt.
	At geo.Point `json:"at"`

	// FreeAt is when the courier can set off: not after now for one who is idle.
	FreeAt time.Time `json:"freeAt"`

	// Off is when the shift ends: pickups are not after it. Zero is open.
	Off time.Time `json:"off,omitzero"`

	// Seen is when the position was reported. Zero is now.
	Seen time.Time `json:"seen,omitzero"`

	Online bool `json:"online"`

	// Offered says that the courier holds an open offer.
	Offered bool `json:"offered,omitempty"`

	Vehicle string   `json:"vehicle,omitempty"`
	Skills  []string `json:"skills,omitempty"`

	// Capacity is how much the courier can carry at once, Load what is carried at
	// FreeAt still; a capacity of 0 knows no limit.
	Capacity int `json:"capacity,omitempty"`
	Load     int `json:"load,omitempty"`

	// CashLimit is how much cash the courier may hold, in minor units, and Cash
	// what is held; a limit of 0 knows none.
	CashLimit int64 `json:"cashLimit,omitempty"`
	Cash      int64 `json:"cash,omitempty"`

	// Score is 0 to 100; a newcomer's is 50.
	Score float64 `json:"score"`

	// Habits are what offers and trips have taught about the courier.
	Habits Habits `json:"habits,omitzero"`
}

// size is what an order takes of a courier's capacity.
func (n Needs) size() int { return max(n.Size, 1) }
