// Package shop owns what a shop and a zone are: where they are, when a shop is
// open, what it asks of an order, and what a delivery costs.
//
// It promises that opening hours mean what a clock on the shop's wall shows, also
// on the days on which clocks change; and that settings that make no sense are
// refused with every fault at once.
//
// The package is pure: it has no clock, no network and no database.
package shop

import (
	"errors"
	"time"

	"lastmile/shared/geo"
)

// What callers branch on.
var (
	// ErrUnknown is returned for a shop that is not there.
	ErrUnknown = errors.New("unknown shop")

	// ErrUnknownZone is returned for a zone that is not there.
	ErrUnknownZone = errors.New("unknown zone")
)

// Shop is who sells. Amounts are in the minor unit of its currency.
type Shop struct {
	ID      string    `json:"id" firestore:"id" required:"false" doc:"that of the path"`
	Name    string    `json:"name" firestore:"name" maxLength:"200" example:"Corner Bakery"`
	Point   geo.Point `json:"point" firestore:"point" doc:"where couriers fetch"`
	Address string    `json:"address,omitempty" firestore:"address,omitempty" maxLength:"500"`
	Phone   string    `json:"phone,omitempty" firestore:"phone,omitempty" maxLength:"40"`
	Zone    string    `json:"zone" firestore:"zone" maxLength:"64" example:"malta"`

	TimeZone string `json:"timeZone" firestore:"timeZone" maxLength:"64" doc:"IANA name" example:"Europe/Malta"`
	Hours    Hours  `json:"hours" firestore:"hours"`
	Open     bool   `json:"open" firestore:"open" doc:"takes orders in its hours; false is closed until further notice"`

	Currency    string `json:"currency" firestore:"currency" doc:"ISO 4217, the zone's" example:"EUR"`
	MinOrder    int64  `json:"minOrder" firestore:"minOrder" doc:"the least that goods may cost, in the minor unit"`
	PrepMinutes int    `json:"prepMinutes" firestore:"prepMinutes" doc:"how long an order takes to be ready"`

	// Needs are the skills that its couriers have to have.
	Needs []string `json:"needs,omitempty" firestore:"needs,omitempty" maxItems:"20" doc:"skills that couriers have to have" example:"[\"alcohol\"]"`

	Version int       `json:"version" firestore:"version" readOnly:"true" required:"false" doc:"counts changes from 1"`
	By      string    `json:"by" firestore:"by" readOnly:"true" required:"false" doc:"who made the last one"`
	At      time.Time `json:"at" firestore:"at" readOnly:"true" required:"false" doc:"when"`
}

// Zone is an area in which couriers deliver. Amounts are in the minor unit of
// its currency.
type Zone struct {
	ID       string `json:"id" firestore:"id" required:"false" doc:"that of the path"`
	Name     string `json:"name" firestore:"name" maxLength:"200" example:"Malta"`
	Currency string `json:"currency" firestore:"currency" doc:"ISO 4217" example:"EUR"`
	TimeZone string `json:"timeZone" firestore:"timeZone" maxLength:"64" doc:"IANA name" example:"Europe/Malta"`

	// Area is a ring of corners; the last is joined to the first.
	Area []geo.Point `json:"area" firestore:"area" maxItems:"500" doc:"the corners of the area, in order"`
	Fees Fees        `json:"fees" firestore:"fees"`

	Version int       `json:"version" firestore:"version" readOnly:"true" required:"false" doc:"counts changes from 1"`
	By      string    `json:"by" firestore:"by" readOnly:"true" required:"false" doc:"who made the last one"`
	At      time.Time `json:"at" firestore:"at" readOnly:"true" required:"false" doc:"when"`
}

// Fees are what a delivery costs beside the goods.
type Fees struct {
	Delivery           int64 `json:"delivery" firestore:"delivery" doc:"every delivery"`
	PerKilometre       int64 `json:"perKilometre" firestore:"perKilometre" doc:"every further kilometre that is begun, as the crow flies"`
	FreeMetres         int64 `json:"freeMetres" firestore:"freeMetres" doc:"the metres that the first fee covers"`
	ServiceBasisPoints int64 `json:"serviceBasisPoints" firestore:"serviceBasisPoints" doc:"of the goods as charged: 250 is 2.5%"`
}
