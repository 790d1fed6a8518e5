// Package order owns the life of an order: its states, who may do what to it
// and when, and what of a shop's stock it holds.
//
// It promises that every change goes through one table ([Order.Do]), counts the
// order's version up by one, and is refused with what is allowed instead; and
// that stock is sold once, whatever a provider's next figure says ([Shelf]).
//
// The package is pure: it has no clock, no network and no database.
package order

import (
	"errors"
	"time"

	"lastmile/shared/geo"
)

// ID identifies an order.
type ID string

// What callers branch on.
var (
	// ErrUnknown is returned for an order that is not there.
	ErrUnknown = errors.New("unknown order")

	// ErrRefused is the cause of every [*RefusedError].
	ErrRefused = errors.New("refused")

	// ErrShort is the cause of every [*ShortError].
	ErrShort = errors.New("not enough in stock")
)

// Order is an order. Amounts are in the minor unit of its price's currency.
type Order struct {
	ID       ID     `json:"id" firestore:"id"`
	Customer string `json:"customer" firestore:"customer"`
	Shop     string `json:"shop" firestore:"shop"`
	Zone     string `json:"zone" firestore:"zone"`
	Courier  string `json:"courier,omitempty" firestore:"courier"`

	State   State `json:"state" firestore:"state"`
	Version int   `json:"version" firestore:"version"` // counts changes from 1
	Open    bool  `json:"open" firestore:"open"`       // the state is not closed

	Pickup  Place `json:"pickup" firestore:"pickup"`
	Dropoff Place `json:"dropoff" firestore:"dropoff"`

	Lines []Line   `json:"lines" firestore:"lines"`
	Price Price    `json:"price" firestore:"price"`
	Cash  bool     `json:"cash" firestore:"cash"`                       // the courier collects the price
	Quote string   `json:"quote" firestore:"quote"`                     // what the customer agreed to
	Needs []string `json:"needs,omitempty" firestore:"needs,omitempty"` // skills that the courier has to have

	PrepMinutes int `json:"prepMinutes" firestore:"prepMinutes"` // that the shop usually takes

	PlacedAt    time.Time `json:"placedAt" firestore:"placedAt"`
	AcceptedAt  time.Time `json:"acceptedAt,omitzero" firestore:"acceptedAt"`
	PromisedAt  time.Time `json:"promisedAt,omitzero" firestore:"promisedAt"` // when it is to be ready
	ReadyAt     time.Time `json:"readyAt,omitzero" firestore:"readyAt"`       // when it was
	AssignedAt  time.Time `json:"assignedAt,omitzero" firestore:"assignedAt"`
	PickedUpAt  time.Time `json:"pickedUpAt,omitzero" firestore:"pickedUpAt"`
	DeliveredAt time.Time `json:"deliveredAt,omitzero" firestore:"deliveredAt"`
	ClosedAt    time.Time `json:"closedAt,omitzero" firestore:"closedAt"`

	Closing *Closing `json:"closing,omitempty" firestore:"closing"` // who ended it before delivery, and why
	Proof   string   `json:"proof,omitempty" firestore:"proof"`     // the file that proves the delivery
	Rating  *Rating  `json:"rating,omitempty" firestore:"rating"`
}

// Place is where something is fetched or brought.
type Place struct {
	Point   geo.Point `json:"point" firestore:"point"`
	Address string    `json:"address,omitempty" firestore:"address,omitempty"`
	Note    string    `json:"note,omitempty" firestore:"note,omitempty"`
}

// Line is so many of one item.
type Line struct {
	Item     string `json:"item" firestore:"item"`
	Name     string `json:"name" firestore:"name"`
	Quantity int64  `json:"quantity" firestore:"quantity"`
	Unit     int64  `json:"unit" firestore:"unit"`         // the price of one, before discounts
	Discount int64  `json:"discount" firestore:"discount"` // off all of them
	Total    int64  `json:"total" firestore:"total"`
	Campaign string `json:"campaign,omitempty" firestore:"campaign,omitempty"`

	// Counted says that the line holds stock of the shop.
	Counted bool `json:"counted,omitempty" firestore:"counted,omitempty"`
}

// Price is what an order costs.
type Price struct {
	Currency string `json:"currency" firestore:"currency"` // ISO 4217
	Items    int64  `json:"items" firestore:"items"`       // before discounts
	Discount int64  `json:"discount" firestore:"discount"` // off items, the order and the delivery
	Delivery int64  `json:"delivery" firestore:"delivery"`
	Service  int64  `json:"service" firestore:"service"`
	Tip      int64  `json:"tip" firestore:"tip"`
	Total    int64  `json:"total" firestore:"total"`
}

// Closing is the end of an order that was not delivered.
type Closing struct {
	By     Role   `json:"by" firestore:"by"`
	Reason string `json:"reason" firestore:"reason"`
}

// Rating is what a customer says of a delivery, in stars from 1 to 5.
type Rating struct {
	Courier int       `json:"courier" firestore:"courier"`
	Shop    int       `json:"shop" firestore:"shop"`
	Text    string    `json:"text,omitempty" firestore:"text,omitempty"`
	At      time.Time `json:"at" firestore:"at"`
}

// Place returns o as it is when it has just been placed.
func (o Order) Place(now time.Time) Order {
	o.State, o.Version, o.Open, o.PlacedAt = Placed, 1, true, now
	return o
}
