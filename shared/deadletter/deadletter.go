// Package deadletter is what is kept of an event that could not be handled: all
// of it, with the reason, so that it can be replayed under the same id. Of one
// that is larger than any of ours only the beginning is kept.
package deadletter

import (
	"errors"
	"time"
)

// State says what became of a letter.
type State string

// The states of a letter.
const (
	Waiting  State = "waiting"
	Replayed State = "replayed"
)

// Exhausted is the class of events that Pub/Sub gave up after their last
// attempt.
const Exhausted = "exhausted"

// MaxData is how many bytes of an event are kept: a document of Firestore holds
// 1 MiB, attributes included.
const MaxData = 768 << 10

// Letter is an event that one subscription could not handle.
type Letter struct {
	// ID is the event's, and the subscription.
	ID string `firestore:"id" json:"id"`

	Event        string `firestore:"event" json:"event"`
	Type         string `firestore:"type" json:"type"`
	Subject      string `firestore:"subject" json:"subject"`
	Subscription string `firestore:"subscription" json:"subscription"`
	Function     string `firestore:"function" json:"function"`

	// Class and Cause are why.
	Class string `firestore:"class" json:"class"`
	Cause string `firestore:"cause" json:"cause"`

	Attempts int `firestore:"attempts" json:"attempts"`

	// Data and Attributes are the event in its wire form.
	Data       []byte            `firestore:"data" json:"data"`
	Attributes map[string]string `firestore:"attributes" json:"attributes"`

	// Cut is set if only the first [MaxData] bytes of Data are kept: the event
	// cannot be replayed.
	Cut bool `firestore:"cut,omitempty" json:"cut,omitempty"`

	// At is when it was given up, the last time.
	At time.Time `firestore:"at" json:"at"`

	State    State     `firestore:"state" json:"state"`
	Replays  int       `firestore:"replays" json:"replays"`
	Replayed time.Time `firestore:"replayed" json:"replayed,omitzero"`

	// Message is the dead letter's own id in Pub/Sub, by which its repeats are
	// known.
	Message string `firestore:"message" json:"-"`
}

// Filter selects letters. Empty fields select all.
type Filter struct {
	State    State
	Type     string
	Function string
	Class    string

	// From is included, To is not.
	From, To time.Time
}

var (
	// ErrUnknown is returned for a letter that is not there.
	ErrUnknown = errors.New("unknown dead letter")

	// ErrCut is returned for the replay of a letter that was too large to keep.
	ErrCut = errors.New("dead letter is cut")

	// ErrBadCursor is returned for a cursor that no list gave.
	ErrBadCursor = errors.New("bad cursor")
)
