package order

import (
	"fmt"
	"slices"
)

// State is where an order stands.
type State string

// The states of an order.
const (
	Placed    State = "placed"    // waits for the shop's answer
	Accepted  State = "accepted"  // the shop prepares it
	Ready     State = "ready"     // waits for its courier
	PickedUp  State = "picked_up" // on its way
	Delivered State = "delivered"
	Cancelled State = "cancelled"
	Rejected  State = "rejected" // the shop did not take it
)

// States returns all states.
func States() []State {
	return []State{Placed, Accepted, Ready, PickedUp, Delivered, Cancelled, Rejected}
}

// Closed reports whether s is an end.
func (s State) Closed() bool { return s == Delivered || s == Cancelled || s == Rejected }

// InShop reports whether the goods are still the shop's to hand over.
func (s State) InShop() bool { return s == Placed || s == Accepted || s == Ready }

// Role is what somebody is to an order.
type Role string

// The roles.
const (
	Customer Role = "customer" // who placed it
	Shop     Role = "shop"     // whose goods they are
	Courier  Role = "courier"  // who brings it
	Operator Role = "operator"
)

// Action is what somebody does to an order.
type Action string

// The actions.
const (
	Accept  Action = "accept"
	Reject  Action = "reject"
	Prepare Action = "ready" // says that it is ready
	Assign  Action = "assign"
	PickUp  Action = "pickup"
	Deliver Action = "deliver"
	Cancel  Action = "cancel"
	Rate    Action = "rate"
)

// move is a line of the table of who may do what, when.
type move struct {
	action Action
	from   []State
	to     State // empty: the state stays
	by     []Role
}

// moves is the table. An action may have several lines.
func moves() []move {
	return []move{
		{Accept, []State{Placed}, Accepted, []Role{Shop, Operator}},
		{Reject, []State{Placed}, Rejected, []Role{Shop, Operator}},
		{Prepare, []State{Accepted}, Ready, []Role{Shop, Operator}},
		{Assign, []State{Placed, Accepted, Ready}, "", []Role{Operator}},
		{PickUp, []State{Accepted, Ready}, PickedUp, []Role{Courier, Operator}},
		{Deliver, []State{PickedUp}, Delivered, []Role{Courier, Operator}},
		{Cancel, []State{Placed}, Cancelled, []Role{Customer, Shop, Operator}},
		{Cancel, []State{Accepted, Ready}, Cancelled, []Role{Shop, Operator}},
		{Cancel, []State{PickedUp}, Cancelled, []Role{Operator}},
		{Rate, []State{Delivered}, "", []Role{Customer}},
	}
}

// find returns the line by which role does action in state s.
func (s State) find(action Action, role Role) (move, error) {
	for _, m := range moves() {
		if m.action == action && slices.Contains(m.from, s) && slices.Contains(m.by, role) {
			return m, nil
		}
	}
	return move{}, &RefusedError{Action: action, State: s, Role: role, Allowed: s.Allows(role)}
}

// mayEver reports whether there is a state in which role may do action.
func mayEver(action Action, role Role) bool {
	return slices.ContainsFunc(moves(), func(m move) bool { return m.action == action && slices.Contains(m.by, role) })
}

// Allows returns what role may do to an order in state s.
func (s State) Allows(role Role) []Action {
	var allowed []Action
	for _, m := range moves() {
		if slices.Contains(m.from, s) && slices.Contains(m.by, role) {
			allowed = append(allowed, m.action)
		}
	}
	return allowed
}

// RefusedError says that somebody cannot do something to an order as it is.
type RefusedError struct {
	Action  Action
	State   State
	Role    Role
	Allowed []Action

	// Why is set where the state alone is not the reason.
	Why string
}

func (e *RefusedError) Error() string {
	text := fmt.Sprintf("a %s cannot %s an order that is %s", e.Role, e.Action, e.State)
	if e.Why != "" {
		text = fmt.Sprintf("cannot %s the order: %s", e.Action, e.Why)
	}
	if len(e.Allowed) == 0 {
		return text + ": nothing is allowed to them any more"
	}
	return fmt.Sprintf("%s: allowed is %s", text, join(e.Allowed))
}

// Unwrap makes errors.Is(err, ErrRefused) true.
func (e *RefusedError) Unwrap() error { return ErrRefused }

func join(actions []Action) string {
	text := string(actions[0])
	for _, a := range actions[1:] {
		text += ", " + string(a)
	}
	return text
}
