// Package event is the contract of the bus: every message that functions and
// gateways send each other, one file per event.
//
// It owns the types, their names and versions, and what makes one valid. A
// payload travels as JSON; its [Header] travels beside it, as CloudEvents
// attributes. A published version never changes shape: a new shape is a new
// version, with its own type and golden file.
package event

import (
	"errors"
	"fmt"
	"time"
)

// Type names an event and its version, as in "catalog.page.v1". It is also the
// name of the Pub/Sub topic that carries the event.
type Type string

// Event is a message on the bus. The pointer to each event of this package is
// one.
type Event interface {
	Type() Type

	// Key is what the event is about: the unit of ordering, if its subscriptions
	// ask for order, and the subject that logs and dead letters show.
	Key() string

	// Validate reports the first field that makes no sense, as an [*InvalidError].
	Validate() error

	// Head is the part that travels outside the payload.
	Head() *Header
}

// Header says which event this is. Publishers may leave it empty: the bus fills
// it in.
type Header struct {
	// ID is the same for every delivery and every replay of an event. Two events
	// with one ID count once. Derive it from the cause (see [DeriveID]) where the
	// same cause must not count twice.
	ID ID

	// Time is when what the event tells of happened, UTC.
	Time time.Time
}

// Head lets an event be an [Event] by embedding a Header.
func (h *Header) Head() *Header { return h }

// ErrInvalid is the cause of every [*InvalidError].
var ErrInvalid = errors.New("invalid event")

// InvalidError names the field that made an event invalid.
type InvalidError struct {
	Type    Type
	Field   string
	Problem string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s: %s %s", e.Type, e.Field, e.Problem)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

// All returns an empty event of every type there is: the topics of the system.
func All() []Event {
	return []Event{
		&BulkPage{},
		&CatalogPage{},
		&ClientNotice{},
		&ClientPush{},
		&CourierFact{},
		&DispatchChanged{},
		&ItemPicture{},
		&JobPlan{},
		&LocationBatch{},
		&OrderChanged{},
	}
}
