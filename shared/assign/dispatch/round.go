package dispatch

import (
	"slices"
	"time"

	"lastmile/shared/assign"
)

// Refresh notes what became of offers by now: those in rejected were rejected,
// and others have expired. It returns the offers that changed.
func (d Dispatch) Refresh(rejected []Answer, now time.Time) (Dispatch, []Offer) {
	if d.State != Waiting {
		return d, nil
	}
	after := d.next(now)
	var closed []Offer
	for i := range after.Offers {
		o := &after.Offers[i]
		if o.State != Offered {
			continue
		}
		refused := slices.ContainsFunc(rejected, o.AnsweredBy)
		switch {
		case refused:
			o.State = Rejected
		case !o.open(now):
			o.State = Expired
		default:
			continue
		}
		closed = append(closed, *o)
	}
	if len(closed) == 0 {
		return d, nil
	}
	return after.settled(), closed
}

// Answer is a rejection. It is kept beside the search, which many want to change
// at once while offers are open.
type Answer struct {
	Courier string    `json:"courier" firestore:"courier"`
	Gen     int       `json:"gen" firestore:"gen"`
	Round   int       `json:"round" firestore:"round"`
	At      time.Time `json:"at" firestore:"at"`
}

// AnsweredBy reports whether a is the answer to o, and not to an earlier offer.
func (o Offer) AnsweredBy(a Answer) bool {
	return a.Courier == o.Courier && a.Gen == o.Gen && a.Round == o.Round
}

// Answer is the courier's no to o.
func (o Offer) Answer(now time.Time) Answer {
	return Answer{Courier: o.Courier, Gen: o.Gen, Round: o.Round, At: now}
}

// Input is the order of a round at now.
func (d Dispatch) Input(now time.Time) assign.Order {
	ask := d.Ask
	ask.Offered = d.AnyOpen(now)
	ask.Declined = nil
	for _, o := range d.Offers {
		switch o.State {
		case Rejected, Expired, Withdrawn, Stalled:
			ask.Declined = append(ask.Declined, assign.Refusal{Courier: o.Courier, At: o.At})
		}
	}
	return ask
}

// Decided returns d after a round that made these offers for it, none perhaps, by
// a version of the settings. A search that has had all its rounds, and has nobody
// left to wait for, is given up.
func (d Dispatch) Decided(e assign.Entry, offers []assign.Offer, s Settings, version int, now time.Time) Dispatch {
	if d.State != Waiting || e.Outcome == assign.Open {
		return d
	}
	d = d.next(now)
	d.Settings, d.StallAfter, d.Due = version, s.Stalls(), e.Due
	if e.Outcome == assign.Held {
		return d.settled()
	}
	d.Round++
	for _, o := range offers {
		if at := slices.Index(o.Orders, d.Order); at >= 0 {
			d.offer(o, at, now)
		}
	}
	if e.Outcome == assign.Unmatched && d.Round >= s.Rounds {
		d.State, d.Due = Unassigned, never
	}
	return d.settled()
}

func (d *Dispatch) offer(o assign.Offer, at int, now time.Time) {
	with := slices.Delete(slices.Clone(o.Orders), at, at+1)
	for _, courier := range o.Couriers {
		d.Offers = append(d.Offers, Offer{
			Courier: courier, State: Offered, Gen: d.Gen, Round: d.Round, At: now, Expires: o.Expires,
			With: with, PickupAt: o.Pickup, DoorAt: o.Door[at],
		})
	}
}
