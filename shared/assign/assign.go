// Package assign decides which courier is asked to carry which order, and when.
//
// It owns one round of that decision: orders that wait, couriers on duty, times
// on the road and settings go in, offers and a ledger come out. A round for one
// order, a round for a whole zone and a simulated day run the same code.
//
// It promises that a round is a function of its input alone, in integers, so
// that it can be replayed bit for bit on any machine; that no courier gets more
// than one offer in a round, none beyond its capacity, and none for an order
// that is pinned to somebody else; and that every order that went in has an
// entry in the ledger that says what became of it and when to ask again.
package assign

import "time"

// Round is the input of one decision.
type Round struct {
	Now      time.Time `json:"now"`
	Orders   []Order   `json:"orders"`
	Couriers []Courier `json:"couriers"`

	// Expected are orders that will most probably come: the plan leaves couriers
	// where these will want them. [Expect] tells them from the past.
	Expected []Order `json:"expected,omitempty"`

	Config Config `json:"config"`

	// Explain asks for the candidates of every order in the ledger.
	Explain bool `json:"explain,omitempty"`

	// Travel tells times on the road. A round that is to be replayed asks a [Table],
	// and keeps it.
	Travel Travel `json:"-"`
}

// Decision is what comes out of a round.
type Decision struct {
	// Config is the version of the settings that decided.
	Config int `json:"config"`

	Offers []Offer `json:"offers"`

	// Ledger has one entry for each order of the round, in the round's sequence.
	Ledger []Entry `json:"ledger"`
}

// Offer asks couriers to carry a trip. The first who accepts has it.
type Offer struct {
	// Orders are of one shop, in the sequence of their drops.
	Orders []string `json:"orders"`

	// Couriers are the best first.
	Couriers []string `json:"couriers"`

	Expires time.Time `json:"expires"`

	// Pickup is when the first of the couriers is expected to pick up, and Door
	// when it is expected at each order's door.
	Pickup time.Time   `json:"pickup"`
	Door   []time.Time `json:"door"`
}
