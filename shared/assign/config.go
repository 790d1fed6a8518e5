package assign

import "time"

// Config are the settings of a round. A field that is zero has its default.
type Config struct {
	// Version names the settings in every decision that they made.
	Version int `json:"version"`

	// Every is the time between two rounds: what can wait for the next one does.
	Every time.Duration `json:"every,omitempty"`

	// OfferFor is how long an offer stands.
	OfferFor time.Duration `json:"offerFor,omitempty"`

	// Lead is how much sooner than needed an offer goes out, for couriers who may
	// take time to answer, or refuse.
	Lead time.Duration `json:"lead,omitempty"`

	// Broadcast is how many couriers are asked at once at the most.
	Broadcast int `json:"broadcast,omitempty"`

	// Bundle is how many orders one trip carries at the most.
	Bundle int `json:"bundle,omitempty"`

	// CourierTime is what a minute of a courier's time is worth in minutes of an
	// order's delay.
	CourierTime float64 `json:"courierTime,omitempty"`

	// Ahead is how far ahead orders are expected, and Foresight what a minute of
	// their delay is worth beside a minute of an order that is there.
	Ahead     time.Duration `json:"ahead,omitempty"`
	Foresight float64       `json:"foresight,omitempty"`

	// Soon is how far ahead busy couriers who become free are counted on.
	Soon time.Duration `json:"soon,omitempty"`

	// Target is the promised time from placing an order to its door: what is later
	// costs Lateness times as much again. Longest is the time past which an order
	// is not delivered at all.
	Target   time.Duration `json:"target,omitempty"`
	Lateness float64       `json:"lateness,omitempty"`
	Longest  time.Duration `json:"longest,omitempty"`

	// AtShop and AtDoor are what parking, walking and handing over take, half of
	// it before the handover.
	AtShop time.Duration `json:"atShop,omitempty"`
	AtDoor time.Duration `json:"atDoor,omitempty"`

	// Stale is the age at which a position says nothing any more.
	Stale time.Duration `json:"stale,omitempty"`

	// AskAgain is how long a courier who refused an order is not asked for it.
	AskAgain time.Duration `json:"askAgain,omitempty"`
}

// Default returns the settings of a zone that has none of its own.
func Default() Config {
	return Config{
		Every:       15 * time.Second,
		OfferFor:    30 * time.Second,
		Lead:        90 * time.Second,
		Broadcast:   3,
		Bundle:      3,
		CourierTime: 0.05,
		Ahead:       15 * time.Minute,
		Foresight:   0.8,
		Soon:        30 * time.Minute,
		Target:      40 * time.Minute,
		Lateness:    0.5,
		Longest:     90 * time.Minute,
		AtShop:      4 * time.Minute,
		AtDoor:      4 * time.Minute,
		Stale:       2 * time.Minute,
		AskAgain:    24 * time.Hour,
	}
}

// filled returns c with defaults for what is zero.
func (c Config) filled() Config {
	d := Default()
	return Config{
		Version:     c.Version,
		Every:       or(c.Every, d.Every),
		OfferFor:    or(c.OfferFor, d.OfferFor),
		Lead:        or(c.Lead, d.Lead),
		Broadcast:   or(c.Broadcast, d.Broadcast),
		Bundle:      or(c.Bundle, d.Bundle),
		CourierTime: or(c.CourierTime, d.CourierTime),
		Ahead:       or(c.Ahead, d.Ahead),
		Foresight:   or(c.Foresight, d.Foresight),
		Soon:        or(c.Soon, d.Soon),
		Target:      or(c.Target, d.Target),
		Lateness:    or(c.Lateness, d.Lateness),
		Longest:     or(c.Longest, d.Longest),
		AtShop:      or(c.AtShop, d.AtShop),
		AtDoor:      or(c.AtDoor, d.AtDoor),
		Stale:       or(c.Stale, d.Stale),
		AskAgain:    or(c.AskAgain, d.AskAgain),
	}
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
