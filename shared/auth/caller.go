package auth

import (
	"context"
	"slices"
)

// Entity is a kind of caller.
type Entity string

// The entities.
const (
	Customer Entity = "customer"
	Courier  Entity = "courier"
	Merchant Entity = "merchant" // who works in a shop; the id is the person's
	Operator Entity = "operator"
	Service  Entity = "service" // another system
)

// Caller is who sent a request.
type Caller struct {
	Entity Entity
	ID     string

	// Shops are those that a merchant works in.
	Shops []string

	// Session is the sign-in that the call belongs to.
	Session string
}

// String is "courier:7".
func (c Caller) String() string { return string(c.Entity) + ":" + c.ID }

// Is reports whether c is the entity with this id.
func (c Caller) Is(e Entity, id string) bool { return c.Entity == e && c.ID == id && id != "" }

// In reports whether c works in the shop.
func (c Caller) In(shop string) bool { return c.Entity == Merchant && slices.Contains(c.Shops, shop) }

type callerKey struct{}

// With returns ctx as that of a call by c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From returns who calls; the zero Caller is nobody.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
