package order

import (
	"fmt"
	"time"
)

// Actor is who does something to an order. Whether they are what they say is for
// the caller to know.
type Actor struct {
	Role Role
	ID   string
}

// Change is what an actor does. The fields after Action are those that it needs.
type Change struct {
	Action Action

	Prep    time.Duration // [Accept]: how long it takes to be ready
	Reason  string        // [Reject], [Cancel]
	Proof   string        // [Deliver]: the file that proves it
	Courier string        // [Assign]: who brings it; empty for nobody
	Rating  Rating        // [Rate]
}

// Do returns o after c, or a [*RefusedError]. A change that has been made
// already, by the same actor, is returned as it is: asking again does no harm.
func (o Order) Do(c Change, by Actor, now time.Time) (Order, error) {
	if mayEver(c.Action, by.Role) && !o.anothers(by) && o.done(c, by) {
		return o, nil
	}
	m, err := o.State.find(c.Action, by.Role)
	if err != nil {
		return o, err
	}
	if why := o.obstacle(c, by); why != "" {
		return o, &RefusedError{Action: c.Action, State: o.State, Role: by.Role, Allowed: o.State.Allows(by.Role), Why: why}
	}
	o.Version++
	if m.to != "" {
		o.State = m.to
	}
	o.apply(c, by, now)
	if o.Open = !o.State.Closed(); !o.Open && o.ClosedAt.IsZero() {
		o.ClosedAt = now
	}
	return o, nil
}

// done reports whether c has been made, so that nothing is left to do.
func (o Order) done(c Change, by Actor) bool {
	switch c.Action {
	case Accept:
		return o.State == Accepted
	case Reject:
		return o.State == Rejected
	case Prepare:
		return o.State == Ready
	case Assign:
		return o.Courier == c.Courier && o.State.InShop()
	case PickUp:
		return o.State == PickedUp
	case Deliver:
		return o.State == Delivered
	case Cancel:
		return o.State == Cancelled && o.Closing != nil && o.Closing.By == by.Role
	case Rate:
		return o.Rating != nil && o.Rating.Same(c.Rating)
	}
	return false
}

// Same reports whether r says the same as s.
func (r Rating) Same(s Rating) bool {
	return r.Courier == s.Courier && r.Shop == s.Shop && r.Text == s.Text
}

// obstacle returns what stands in the way of c beside the state.
func (o Order) obstacle(c Change, by Actor) string {
	switch {
	case o.anothers(by):
		return "it is another courier's"
	case c.Action == PickUp && o.Courier == "":
		return "it has no courier: assign one"
	case c.Action == Rate && o.Rating != nil:
		return "it has been rated"
	case (c.Action == Cancel || c.Action == Reject) && c.Reason == "":
		return "a reason is missing"
	case c.Action == Rate && !c.Rating.valid():
		return fmt.Sprintf("a rating has 1 to 5 stars, not %d and %d", c.Rating.Courier, c.Rating.Shop)
	}
	return ""
}

// anothers reports whether by is a courier who does not bring the order.
func (o Order) anothers(by Actor) bool { return by.Role == Courier && o.Courier != by.ID }

const maxStars = 5

func (r Rating) valid() bool {
	return 1 <= min(r.Courier, r.Shop) && max(r.Courier, r.Shop) <= maxStars
}

func (o *Order) apply(c Change, by Actor, now time.Time) {
	switch c.Action {
	case Accept:
		o.AcceptedAt, o.PromisedAt = now, now.Add(c.Prep)
	case Prepare:
		o.ReadyAt = now
	case Assign:
		o.Courier, o.AssignedAt = c.Courier, now
	case PickUp:
		o.PickedUpAt = now
		if o.ReadyAt.IsZero() {
			o.ReadyAt = now
		}
	case Deliver:
		o.DeliveredAt, o.Proof = now, c.Proof
	case Cancel, Reject:
		o.Closing = &Closing{By: by.Role, Reason: c.Reason}
	case Rate:
		r := c.Rating
		r.At, o.Rating = now, &r
	}
}
