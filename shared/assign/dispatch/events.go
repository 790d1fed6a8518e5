package dispatch

import (
	"encoding/json"
	"strconv"
	"time"

	"lastmile/shared/event"
)

// Event is the event of the change that made d what it is.
func (d Dispatch) Event() *event.DispatchChanged {
	return &event.DispatchChanged{
		Header: event.Header{ID: event.DeriveID("dispatch", d.Order, strconv.Itoa(d.Version))},
		Order:  d.Order, Zone: d.Zone, State: string(d.State), Courier: d.Winner, Gen: d.Gen, Version: d.Version,
	}
}

// Answered is the event of a rejection, after which another round may be due.
func (d Dispatch) Answered(a Answer) *event.DispatchChanged {
	e := d.Event()
	e.ID = event.DeriveID("dispatch", d.Order, "answer", a.key())
	return e
}

func (a Answer) key() string {
	return strconv.Itoa(a.Gen) + "-" + strconv.Itoa(a.Round) + "-" + a.Courier
}

// ID names the answer among those to the same search.
func (a Answer) ID() string { return a.key() }

// made is what couriers are told of an offer.
type made struct {
	Order    string    `json:"order"`
	Shop     string    `json:"shop"`
	With     []string  `json:"with,omitempty"`
	Expires  time.Time `json:"expires"`
	PickupAt time.Time `json:"pickupAt"`
	DoorAt   time.Time `json:"doorAt"`
}

// Made tells the couriers of d's newest round of their offers; it is nil where
// nobody was asked.
func (d Dispatch) Made() *event.ClientNotice {
	var to []string
	var m made
	for _, o := range d.Offers {
		if o.State == Offered && o.Gen == d.Gen && o.Round == d.Round {
			to = append(to, "courier:"+o.Courier)
			m = made{d.Order, d.Shop, o.With, o.Expires, o.PickupAt, o.DoorAt}
		}
	}
	if len(to) == 0 {
		return nil
	}
	return d.notice("offer.made", to, m)
}

// closed is what couriers are told of an offer that cannot be accepted any more.
type closed struct {
	Order  string     `json:"order"`
	Reason OfferState `json:"reason"`
}

// Closed tells couriers that their offers, or the order that they had, are gone;
// it is nil for nobody.
func (d Dispatch) Closed(reason OfferState, couriers ...string) *event.ClientNotice {
	if len(couriers) == 0 {
		return nil
	}
	to := make([]string, len(couriers))
	for i, c := range couriers {
		to[i] = "courier:" + c
	}
	return d.notice("offer.closed", to, closed{d.Order, reason})
}

// Alarm tells the operators that nobody was found.
func (d Dispatch) Alarm() *event.ClientNotice {
	return d.notice("order.unassigned", []string{"role operator", "topic shop:" + d.Shop}, struct {
		Order  string `json:"order"`
		Zone   string `json:"zone"`
		Rounds int    `json:"rounds"`
	}{d.Order, d.Zone, d.Round})
}

func (d Dispatch) notice(kind string, to []string, data any) *event.ClientNotice {
	text, _ := json.Marshal(data) // cannot fail
	return &event.ClientNotice{
		Header: event.Header{ID: event.DeriveID("dispatch", d.Order, kind, strconv.Itoa(d.Version))},
		To:     to, Kind: kind, Subject: "offer:" + d.Order, Data: text,
	}
}

// The dimensions of facts, as courier.fact.v1 has them.
const (
	completion = "completion"
	onTime     = "on_time"
	acceptance = "acceptance"
)

// answerFact says whether o was accepted.
func (d Dispatch) answerFact(o Offer, good bool, now time.Time) *event.CourierFact {
	return d.fact(o.Courier, acceptance, good, "", o, now)
}

// outcomeFact says whether the courier who had the order brought it.
func (d Dispatch) outcomeFact(o Offer, good bool, cause string, now time.Time) *event.CourierFact {
	return d.fact(o.Courier, completion, good, cause, o, now)
}

func (d Dispatch) fact(courier, dimension string, good bool, cause string, o Offer, now time.Time) *event.CourierFact {
	e := &event.CourierFact{
		Header: event.Header{
			ID:   event.DeriveID("fact", d.Order, strconv.Itoa(o.Gen), strconv.Itoa(o.Round), courier, dimension),
			Time: now,
		},
		Courier: courier, Zone: d.Zone, Order: d.Order, Dimension: dimension, Trials: event.FactUnit, Cause: cause,
	}
	if good {
		e.Good = event.FactUnit
	}
	return e
}

// Grace is how much later than expected an order may be at its door, and still be
// on time; and in the shop, before lateness is the shop's.
const Grace = 5 * time.Minute

// Facts are what the change from d to after says of couriers. Blame is whose
// fault it is where an order ends undelivered or late, as courier.fact.v1 has it,
// and empty for the courier's.
func (d Dispatch) Facts(after Dispatch, blame string, now time.Time) []event.Event {
	var facts []event.Event
	for _, o := range after.Offers {
		if had := d.had(o); had != o.State {
			facts = append(facts, d.factsOf(o, had, blame, now)...)
		}
	}
	return facts
}

// had is the state that o has in d: that of a new offer, if d has it not.
func (d Dispatch) had(o Offer) OfferState {
	for _, before := range d.Offers {
		if before.Courier == o.Courier && before.Gen == o.Gen && before.Round == o.Round {
			return before.State
		}
	}
	return Offered
}

func (d Dispatch) factsOf(o Offer, had OfferState, blame string, now time.Time) []event.Event {
	switch {
	case o.State == Accepted:
		if o.pinned() {
			return nil
		}
		return []event.Event{d.answerFact(o, true, now)}
	case o.State == Rejected, o.State == Expired:
		return []event.Event{d.answerFact(o, false, now)}
	case o.State == Withdrawn, o.State == Stalled, o.State == OfferCancelled && had == Accepted:
		return []event.Event{d.outcomeFact(o, false, blame, now)}
	case o.State == OfferCompleted:
		facts := []event.Event{d.outcomeFact(o, true, "", now)}
		if o.pinned() {
			return facts
		}
		late := now.After(o.DoorAt.Add(Grace))
		if !late {
			blame = ""
		}
		return append(facts, d.fact(o.Courier, onTime, !late, blame, o, now))
	}
	return nil
}
