// Package dispatch owns how an order gets its courier: offers, who took one, and
// what became of it.
//
// It promises that an order has one courier at the most, and that whoever
// accepts second is told so; that an offer counts until the moment it expires and
// not after, whatever timers do; that a courier who was chosen by an operator
// stays, unless an operator changes it; and that every search is a generation of
// its own, so that nothing that belongs to an older one has an effect.
//
// The package is pure: it has no clock, no network and no database.
package dispatch

import (
	"errors"
	"slices"
	"time"

	"lastmile/shared/assign"
)

// State is where the search for an order's courier stands.
type State string

// The states.
const (
	Waiting    State = "waiting"    // for a courier; a round is due at Due
	Carried    State = "carried"    // a courier has it; whether it stalls is looked at at Due
	Unassigned State = "unassigned" // given up: waits for an operator
	Completed  State = "completed"
	Cancelled  State = "cancelled"
)

// OfferState is what became of an offer.
type OfferState string

// The states of an offer.
const (
	Offered        OfferState = "offered"
	Accepted       OfferState = "accepted"
	Rejected       OfferState = "rejected"
	Expired        OfferState = "expired"
	Withdrawn      OfferState = "withdrawn" // by the courier, after accepting; or by an operator
	OfferCancelled OfferState = "cancelled" // another has it, or nobody needs to any more
	OfferCompleted OfferState = "completed"
	Stalled        OfferState = "stalled" // accepted, and nothing happened
)

// What callers branch on.
var (
	ErrUnknown    = errors.New("nobody looks for a courier for this order")
	ErrNotOffered = errors.New("the order was not offered to this courier")
	ErrTaken      = errors.New("taken: another courier has the order")
	ErrExpired    = errors.New("the offer has expired")
	ErrRejected   = errors.New("the courier has rejected the offer")
	ErrOver       = errors.New("the order needs no courier any more")
	ErrPickedUp   = errors.New("the courier has picked the order up")
	ErrNotCarried = errors.New("the courier does not carry the order")
)

// Offer asks one courier to carry an order.
type Offer struct {
	Courier string     `json:"courier" firestore:"courier"`
	State   OfferState `json:"state" firestore:"state"`
	Gen     int        `json:"gen" firestore:"gen"`
	Round   int        `json:"round" firestore:"round"`
	At      time.Time  `json:"at" firestore:"at"`
	Expires time.Time  `json:"expires" firestore:"expires"`

	// With are the other orders of the trip; who accepts one accepts all.
	With []string `json:"with,omitempty" firestore:"with"`

	// PickupAt and DoorAt are when the courier is expected there.
	PickupAt time.Time `json:"pickupAt" firestore:"pickup_at"`
	DoorAt   time.Time `json:"doorAt" firestore:"door_at"`
}

// pinned reports whether o is no offer but an operator's decision.
func (o Offer) pinned() bool { return o.Round == 0 }

// open reports whether o can be accepted at now.
func (o Offer) open(now time.Time) bool { return o.State == Offered && now.Before(o.Expires) }

// Dispatch is the search for one order's courier.
type Dispatch struct {
	Order    string `json:"order" firestore:"order"`
	Shop     string `json:"shop" firestore:"shop"`
	Zone     string `json:"zone" firestore:"zone"`
	Customer string `json:"customer" firestore:"customer"`

	// Ask is the order as the engine sees it, but for what the search knows itself.
	Ask assign.Order `json:"ask" firestore:"ask"`

	State   State `json:"state" firestore:"state"`
	Open    bool  `json:"open" firestore:"open"`       // not completed, not cancelled
	Gen     int   `json:"gen" firestore:"gen"`         // searches, from 1
	Round   int   `json:"round" firestore:"round"`     // rounds of this search that came to nothing, or to offers
	Version int   `json:"version" firestore:"version"` // changes, from 1

	// Due is when something must happen next; see the states.
	Due time.Time `json:"due" firestore:"due"`

	Winner   string    `json:"winner,omitempty" firestore:"winner"`
	Manual   bool      `json:"manual,omitempty" firestore:"manual"` // an operator chose the winner
	PickedUp time.Time `json:"pickedUpAt,omitzero" firestore:"picked_up"`

	// Offers are those of all searches, the newest last, as many as are kept.
	Offers []Offer `json:"offers" firestore:"offers"`

	// Asked are the couriers who have an open offer.
	Asked []string `json:"-" firestore:"asked"`

	// StallAfter is how long after the expected pickup the order may stand still.
	StallAfter time.Duration `json:"-" firestore:"stall_after"`

	Settings int       `json:"settings" firestore:"settings"` // version of those that decided last
	Created  time.Time `json:"created" firestore:"created"`
	Changed  time.Time `json:"changed" firestore:"changed"`
}

// maxOffers bounds how many offers a document keeps.
const maxOffers = 100

// New returns the search for the courier of an order.
func New(ask assign.Order, customer string, now time.Time) Dispatch {
	return Dispatch{
		Order: ask.ID, Shop: ask.Shop, Zone: ask.Zone, Customer: customer, Ask: ask, StallAfter: Standard().Stalls(),
		State: Waiting, Open: true, Gen: 1, Version: 1, Due: now, Created: now, Changed: now,
	}
}

// next returns d as it is to be changed: with offers of its own, a version
// further.
func (d Dispatch) next(now time.Time) Dispatch {
	d.Offers = slices.Clone(d.Offers)
	d.Version++
	d.Changed = now
	return d
}

// settled returns d with what follows from its state and offers.
func (d Dispatch) settled() Dispatch {
	d.Open = d.State != Completed && d.State != Cancelled
	d.Asked = nil
	for _, o := range d.Offers {
		if o.State == Offered {
			d.Asked = append(d.Asked, o.Courier)
		}
	}
	d.Offers = d.Offers[max(0, len(d.Offers)-maxOffers):]
	return d
}

// close gives every offer in one state another.
func (d *Dispatch) close(from, to OfferState) {
	for i := range d.Offers {
		if d.Offers[i].State == from {
			d.Offers[i].State = to
		}
	}
}

// of returns the newest offer to a courier, or -1.
func (d Dispatch) of(courier string) int {
	for i := len(d.Offers) - 1; i >= 0; i-- {
		if d.Offers[i].Courier == courier {
			return i
		}
	}
	return -1
}

// OfferTo returns the newest offer to a courier.
func (d Dispatch) OfferTo(courier string) (Offer, bool) {
	i := d.of(courier)
	if i < 0 {
		return Offer{}, false
	}
	return d.Offers[i], true
}

// OpenTo reports whether the courier can accept at now.
func (d Dispatch) OpenTo(courier string, now time.Time) bool {
	o, ok := d.OfferTo(courier)
	return ok && d.State == Waiting && o.open(now)
}

// AnyOpen reports whether anybody can accept at now.
func (d Dispatch) AnyOpen(now time.Time) bool {
	return d.State == Waiting && slices.ContainsFunc(d.Offers, func(o Offer) bool { return o.open(now) })
}

// Lost are the couriers whose offers were open before d became after, and are
// not any more, other than the one.
func (d Dispatch) Lost(after Dispatch, other string) []string {
	var lost []string
	for _, c := range d.Asked {
		if c != other && !slices.Contains(after.Asked, c) {
			lost = append(lost, c)
		}
	}
	return lost
}
