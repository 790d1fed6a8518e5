// Package campaign is what a shop's time-bounded campaigns are: price cuts, free
// delivery and flash sales that begin, pause and end by themselves.
//
// It owns the states of a campaign and the moves between them, its schedule in a
// place's own time, what its kind requires of the shop, the preview of a live
// edit with the token that confirms it, and what customers are charged.
//
// The state derives from the clock: [Campaign.Effective] is right whether or not
// a timer ever came, and a timer only writes down what is so. Every change by a
// person is a new generation, which voids the timers and tokens of the one
// before. A shop has at most one open campaign of each kind.
//
// Who sells reads campaigns with everything else: campaigndb.Store.Read names the
// documents to fetch, and its Offers tell the price of an item ([Offers.Price])
// and what is taken off an order ([Offers.Order]) at one moment.
package campaign

import (
	"slices"
	"time"
)

// ID identifies a campaign.
type ID string

// Campaign is a time-bounded offer of a shop.
type Campaign struct {
	ID    ID     `firestore:"id" json:"id"`
	Shop  string `firestore:"shop" json:"shop"`
	Kind  Kind   `firestore:"kind" json:"kind"`
	Title string `firestore:"title" json:"title"`

	// State is the one that was last written down; [Campaign.Effective] tells the
	// one that counts.
	State State `firestore:"state" json:"state"`

	// Open is false in the states that [State.Closed] names.
	Open bool `firestore:"open" json:"-"`

	Schedule Schedule `firestore:"schedule" json:"schedule"`
	Terms    Terms    `firestore:"terms" json:"terms"`

	// Gen counts the changes that people made.
	Gen int `firestore:"gen" json:"gen"`

	// Epoch counts how often all records of the campaign became void at once.
	Epoch int `firestore:"epoch" json:"epoch"`

	// Version counts all changes, those of the clock too.
	Version int `firestore:"version" json:"version"`

	// Items and Grants are how many records were added.
	Items  int `firestore:"items" json:"items"`
	Grants int `firestore:"grants" json:"grants"`

	// History is the states so far, the latest [maxHistory] of them.
	History []Step `firestore:"history" json:"history"`

	By      string    `firestore:"by" json:"by"`
	Created time.Time `firestore:"created" json:"created"`
	Closed  time.Time `firestore:"closed" json:"closed,omitzero"`

	// Reaped is when the last void record was deleted.
	Reaped time.Time `firestore:"reaped" json:"reaped,omitzero"`
}

// Step is one entry into a state.
type Step struct {
	State State `firestore:"state" json:"state"`

	// At is when the state began, to the instant of the schedule.
	At time.Time `firestore:"at" json:"at"`

	// Noted is when that was written down.
	Noted time.Time `firestore:"noted" json:"noted"`

	// By is who asked for it; empty for the clock.
	By  string `firestore:"by" json:"by,omitempty"`
	Gen int    `firestore:"gen" json:"gen"`
}

// maxHistory bounds how many states are remembered.
const maxHistory = 200

// New returns a draft of a campaign, or all that is wrong with it.
func New(id ID, shop string, k Kind, d Draft, by string, now time.Time) (Campaign, error) {
	now = tick(now)
	c := Campaign{ID: id, Shop: shop, Kind: k, By: by, Created: now, Open: true}
	c, err := c.with(Edit{Title: &d.Title, Plan: &d.Plan, Terms: &d.Terms}, now)
	if err != nil {
		return c, err
	}
	return c.enter(Drafted, now, now, by), nil
}

// Draft is what people say of a new campaign.
type Draft struct {
	Title string
	Plan  Plan
	Terms Terms
}

// tick rounds a time to what is stored and compared.
func tick(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// enter returns c in a state that began at a time and is noted now.
func (c Campaign) enter(s State, at, now time.Time, by string) Campaign {
	c.State = s
	c.Version++
	c.History = append(slices.Clip(c.History), Step{State: s, At: at, Noted: now, By: by, Gen: c.Gen})
	c.History = c.History[max(0, len(c.History)-maxHistory):]
	if s.Closed() {
		c.Open, c.Closed = false, now
		c.Epoch++
	}
	return c
}

// Effective is the state that counts at a time.
func (c Campaign) Effective(now time.Time) State { return effective(c.State, c.Schedule, now) }

func effective(s State, sch Schedule, now time.Time) State {
	switch {
	case s == Drafted || s.Closed():
		return s
	case !now.Before(sch.Ends):
		return Ended
	case s == Scheduled && !now.Before(sch.Starts):
		return Active
	}
	return s
}

// At returns c with everything written down that the clock has done to it.
func (c Campaign) At(now time.Time) Campaign {
	now = tick(now)
	if c.State == Scheduled && !now.Before(c.Schedule.Starts) {
		c = c.enter(Active, c.Schedule.Starts, now, "")
	}
	if c.Effective(now) == Ended && c.State != Ended {
		c = c.enter(Ended, c.Schedule.Ends, now, "")
	}
	return c
}
