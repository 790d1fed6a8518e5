package order

import (
	"encoding/json"
	"strconv"
	"time"

	"lastmile/shared/event"
)

// Follow returns the events of the change that made o of before: that the order
// went on, for whom it concerns, and for the courier's score.
func (o Order) Follow(before Order) []event.Event {
	events := []event.Event{o.Notice()}
	if o.State != before.State || o.Courier != before.Courier {
		events = append(events, o.Changed(before.State))
	}
	if o.Rating != nil && before.Rating == nil && o.Courier != "" {
		events = append(events, o.fact())
	}
	return events
}

// fact is what the customer's rating says of the courier: one star is nothing,
// five are all of an observation.
func (o Order) fact() *event.CourierFact {
	const step = event.FactUnit / (maxStars - 1)
	return &event.CourierFact{
		Header:  event.Header{ID: event.DeriveID("order", string(o.ID), "rating"), Time: o.Rating.At},
		Courier: o.Courier, Zone: o.Zone, Order: string(o.ID),
		Dimension: "rating", Good: (o.Rating.Courier - 1) * step, Trials: event.FactUnit,
	}
}

// Changed is the event of the change that made o what it is, from the state
// before. The same change always is the same event.
func (o Order) Changed(from State) *event.OrderChanged {
	return &event.OrderChanged{
		Header: o.header("changed"),
		Order:  string(o.ID), Shop: o.Shop, Zone: o.Zone, Customer: o.Customer, Courier: o.Courier,
		From: string(from), To: string(o.State), Version: o.Version,
	}
}

// news is what clients are told of a change.
type news struct {
	Order      ID        `json:"order"`
	State      State     `json:"state"`
	Version    int       `json:"version"`
	Courier    string    `json:"courier,omitempty"`
	PromisedAt time.Time `json:"promisedAt,omitzero"`
	Reason     string    `json:"reason,omitempty"`
}

// Notice tells all whom the order concerns how it stands: its customer, its
// courier, and whoever watches the order, its shop or all of the platform.
func (o Order) Notice() *event.ClientNotice {
	n := news{Order: o.ID, State: o.State, Version: o.Version, Courier: o.Courier, PromisedAt: o.PromisedAt}
	if o.Closing != nil {
		n.Reason = o.Closing.Reason
	}
	data, _ := json.Marshal(n) // cannot fail
	to := []string{"customer:" + o.Customer, "topic order:" + string(o.ID), "topic shop:" + o.Shop, "role operator"}
	if o.Courier != "" {
		to = append(to, "courier:"+o.Courier)
	}
	return &event.ClientNotice{
		Header: o.header("notice"),
		To:     to, Kind: "order.changed", Subject: "order:" + string(o.ID), Data: data,
	}
}

func (o Order) header(what string) event.Header {
	return event.Header{ID: event.DeriveID("order", string(o.ID), what, strconv.Itoa(o.Version))}
}
