// Package courier owns what a courier is: whether they are on duty, what they
// can carry, and what they carry now.
//
// It promises that an order counts once in a courier's load, however often it is
// taken on or handed over, and that nobody goes off duty with goods in the bag.
//
// The package is pure: it has no clock, no network and no database.
package courier

import (
	"errors"
	"time"
)

// ID identifies a courier.
type ID string

// What callers branch on.
var (
	// ErrUnknown is returned for a courier that is not there.
	ErrUnknown = errors.New("unknown courier")

	// ErrRefused is the cause of what a courier cannot do now.
	ErrRefused = errors.New("refused")
)

// Vehicle is what a courier moves by.
type Vehicle string

// The vehicles.
const (
	Foot      Vehicle = "foot"
	Bicycle   Vehicle = "bicycle"
	Motorbike Vehicle = "motorbike"
	Car       Vehicle = "car"
)

// Vehicles returns all vehicles.
func Vehicles() []Vehicle { return []Vehicle{Foot, Bicycle, Motorbike, Car} }

// Courier is who brings orders.
type Courier struct {
	ID   ID     `json:"id" firestore:"id"`
	Name string `json:"name" firestore:"name" maxLength:"200"`

	Zone    string  `json:"zone" firestore:"zone" maxLength:"64"`
	Vehicle Vehicle `json:"vehicle" firestore:"vehicle"`

	// Capacity is how many orders a courier carries at once.
	Capacity int `json:"capacity" firestore:"capacity"`

	// CashLimit is how much cash a courier may hold, in the minor unit of the
	// zone's currency; 0 is none, so that they get no orders paid in cash.
	CashLimit int64    `json:"cashLimit" firestore:"cashLimit"`
	Skills    []string `json:"skills,omitempty" firestore:"skills,omitempty"`

	Disabled bool `json:"disabled" firestore:"disabled"` // by an operator

	// OnDuty says that the courier may be offered orders, since Since.
	OnDuty bool      `json:"onDuty" firestore:"onDuty"`
	Since  time.Time `json:"since,omitzero" firestore:"since"`

	// ShiftEnds is when they want to be through; zero is never.
	ShiftEnds time.Time `json:"shiftEnds,omitzero" firestore:"shiftEnds"`

	Load Load `json:"load" firestore:"load"`

	Version int       `json:"version" firestore:"version"` // counts changes of all but the load, from 1
	Updated time.Time `json:"updated" firestore:"updated"`
	By      string    `json:"by" firestore:"by"` // who made the last of them
}

// Load is what a courier has taken on and not yet brought.
type Load struct {
	Orders []string `json:"orders" firestore:"orders"`

	// Cash is what the courier holds, or will collect for Orders.
	Cash int64 `json:"cash" firestore:"cash"`
}
