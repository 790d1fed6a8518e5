// Package report takes in what couriers send over their sockets: where they are.
//
// The event is location.report, its payload {"fixes":[...]} as in POST
// /v1/couriers/{courier}/locations. Whose position it is, the token says.
package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lastmile/gateway/server"
	"lastmile/shared/track"
	"lastmile/shared/track/intake"
)

// Locations takes fixes in; [*intake.Intake] does.
type Locations interface {
	Frame(ctx context.Context, courier track.CourierID, data []byte) (intake.Receipt, error)
}

// Orders says which orders are a courier's; [*server.Owners] does.
type Orders interface {
	// Carries returns nil if an order is the courier's, and [server.ErrForbidden] if not.
	Carries(ctx context.Context, courier, order string) error
}

// Receiver is a [server.Receiver].
type Receiver struct {
	locations Locations
	orders    Orders
}

// New returns a Receiver that passes positions on to l, if the orders that they
// name are the courier's. A nil Orders believes every courier.
func New(l Locations, o Orders) *Receiver { return &Receiver{l, o} }

// kind is what couriers send.
const kind = "location.report"

// What is told to clients.
var (
	ErrUnknown       = errors.New("this gateway takes no such event")
	ErrNotCourier    = errors.New("only couriers report locations")
	ErrNotYours      = errors.New("the order is not under way with you")
	ErrTooManyOrders = fmt.Errorf("the fixes name more than %d orders: send them in several events", intake.MaxOrders)
)

// Receive implements [server.Receiver]. Its error says which fixes were refused,
// and why; the others are kept.
func (r *Receiver) Receive(ctx context.Context, from server.Identity, event string, data []byte) error {
	if event != kind {
		return fmt.Errorf("%w: %.40q; send %s", ErrUnknown, event, kind)
	}
	courier, ok := strings.CutPrefix(from.Client.Name(), "courier:")
	if !ok {
		return ErrNotCourier
	}
	if err := r.authorise(ctx, courier, data); err != nil {
		return err
	}
	receipt, err := r.locations.Frame(ctx, track.CourierID(courier), data)
	if errors.Is(err, intake.ErrMalformed) || errors.Is(err, intake.ErrBusy) || errors.Is(err, intake.ErrTooMany) {
		return err
	}
	if err != nil {
		return errors.New("not kept for the moment; send it again") // the rest is for the logs
	}
	return receipt.Err()
}

// authorise returns an error if a fix names an order that is not the courier's.
func (r *Receiver) authorise(ctx context.Context, courier string, data []byte) error {
	if r.orders == nil {
		return nil
	}
	var named struct {
		Fixes []struct {
			Order string `json:"order"`
		} `json:"fixes"`
	}
	if err := json.Unmarshal(data, &named); err != nil {
		return nil // whoever takes the fixes says what is wrong
	}
	asked := make(map[string]bool)
	for _, fix := range named.Fixes {
		if fix.Order == "" || asked[fix.Order] {
			continue
		}
		if asked[fix.Order] = true; len(asked) > intake.MaxOrders {
			return ErrTooManyOrders
		}
		switch err := r.orders.Carries(ctx, courier, fix.Order); {
		case errors.Is(err, server.ErrForbidden):
			return fmt.Errorf("%w: %.40q", ErrNotYours, fix.Order)
		case err != nil:
			return errors.New("not kept for the moment; send it again")
		}
	}
	return nil
}
