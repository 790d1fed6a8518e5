package dispatch

import (
	"fmt"
	"time"
)

// Accept gives the order to a courier whose offer is open at now, and cancels all
// other offers. A courier who has it already has it, and one who had it when it
// ended had it: what became of the offer says the rest.
func (d Dispatch) Accept(courier string, now time.Time) (Dispatch, error) {
	i := d.of(courier)
	switch {
	case i < 0:
		return d, ErrNotOffered
	case d.Winner == courier:
		return d, nil
	case d.State == Carried:
		return d, ErrTaken
	case !d.Open:
		return d, ErrOver
	case d.Offers[i].State == Rejected:
		return d, ErrRejected
	case !d.Offers[i].open(now) || d.State != Waiting:
		return d, fmt.Errorf("%w at %s", ErrExpired, d.Offers[i].Expires.Format(time.RFC3339))
	}
	d = d.next(now)
	d.Offers[i].State = Accepted
	d.close(Offered, OfferCancelled)
	d.State, d.Winner, d.Manual = Carried, courier, false
	d.Due = later(d.Offers[i].PickupAt, now).Add(d.StallAfter)
	return d.settled(), nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Reject tells that a courier does not want the order, who could still have
// accepted it.
func (d Dispatch) Reject(courier string, now time.Time) (Offer, error) {
	o, ok := d.OfferTo(courier)
	switch {
	case !ok:
		return o, ErrNotOffered
	case d.State == Carried && d.Winner == courier:
		return o, fmt.Errorf("%w: withdraw instead", ErrTaken)
	case d.State == Carried:
		return o, ErrTaken
	case !d.Open:
		return o, ErrOver
	case !o.open(now) && o.State != Rejected:
		return o, ErrExpired
	}
	return o, nil
}

// Withdraw takes the order from the courier who accepted it and has not picked it
// up, and searches anew.
func (d Dispatch) Withdraw(courier string, now time.Time) (Dispatch, error) {
	switch {
	case d.State != Carried || d.Winner != courier:
		return d, ErrNotCarried
	case !d.PickedUp.IsZero():
		return d, ErrPickedUp
	}
	d = d.next(now)
	return d.reopened(Withdrawn, now), nil
}

// Stall takes the order from a courier with whom it stood still until now, and
// searches anew. It leaves alone what is not due, what is picked up, and what an
// operator decided.
func (d Dispatch) Stall(now time.Time) (Dispatch, bool) {
	if d.State != Carried || d.Manual || !d.PickedUp.IsZero() || now.Before(d.Due) {
		return d, false
	}
	d = d.next(now)
	return d.reopened(Stalled, now), true
}

// reopened is d in its next generation, the courier's offer in a state that says
// why.
func (d Dispatch) reopened(why OfferState, now time.Time) Dispatch {
	if i := d.of(d.Winner); i >= 0 {
		d.Offers[i].State = why
	}
	d.close(Offered, OfferCancelled)
	d.State, d.Winner, d.Manual = Waiting, "", false
	d.Gen, d.Round, d.Due = d.Gen+1, 0, now
	return d.settled()
}

// Pin gives the order to a courier whom an operator chose, whoever has it.
func (d Dispatch) Pin(courier string, now time.Time) (Dispatch, error) {
	switch {
	case !d.Open:
		return d, ErrOver
	case !d.PickedUp.IsZero() && d.Winner != courier:
		return d, ErrPickedUp
	case d.State == Carried && d.Winner == courier && d.Manual:
		return d, nil
	}
	d = d.next(now)
	if i := d.of(d.Winner); i >= 0 && d.Winner != courier {
		d.Offers[i].State = Withdrawn
	}
	d.close(Offered, OfferCancelled)
	if d.Winner != courier {
		d.Gen++
		d.Offers = append(d.Offers, Offer{Courier: courier, State: Accepted, Gen: d.Gen, At: now})
	}
	d.State, d.Winner, d.Manual, d.Due = Carried, courier, true, never
	return d.settled(), nil
}

// never is when nothing is due.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Retry searches anew for an order that was given up, or whose courier an
// operator takes away.
func (d Dispatch) Retry(now time.Time) (Dispatch, error) {
	switch {
	case !d.Open:
		return d, ErrOver
	case !d.PickedUp.IsZero():
		return d, ErrPickedUp
	}
	d = d.next(now)
	return d.reopened(Withdrawn, now), nil
}

// Ready tells that the order can be picked up sooner or later than was thought.
func (d Dispatch) Ready(at, now time.Time) Dispatch {
	if d.State != Waiting || d.Ask.Ready.Equal(at) {
		return d
	}
	d = d.next(now)
	d.Ask.Ready = at
	if !d.AnyOpen(now) {
		d.Due = now
	}
	return d.settled()
}

// PickUp tells that a courier has the order in the bag: it cannot stall any more.
// Whoever has it there carries it, though it was taken away a moment before.
func (d Dispatch) PickUp(by string, at, now time.Time) Dispatch {
	if !d.Open || !d.PickedUp.IsZero() || by == "" {
		return d
	}
	if d.Winner != by {
		d, _ = d.Pin(by, now) // refused only where this is not reached
		d.Manual = false
	}
	d = d.next(now)
	d.PickedUp, d.Due = at, never
	return d.settled()
}

// Complete tells that the order was delivered.
func (d Dispatch) Complete(now time.Time) Dispatch {
	return d.end(Completed, OfferCompleted, now)
}

// Cancel tells that nobody needs the order delivered any more.
func (d Dispatch) Cancel(now time.Time) Dispatch {
	return d.end(Cancelled, OfferCancelled, now)
}

func (d Dispatch) end(state State, accepted OfferState, now time.Time) Dispatch {
	if !d.Open {
		return d
	}
	d = d.next(now)
	d.close(Accepted, accepted)
	d.close(Offered, OfferCancelled)
	d.State, d.Due = state, never
	return d.settled()
}
