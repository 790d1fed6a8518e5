package assign

import (
	"context"
	"log/slog"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/order"
)

// follow brings the search for a courier in line with its order.
func (f *Function) follow(ctx context.Context, o order.Order) error {
	now := f.now()
	switch o.State {
	case order.Accepted, order.Ready:
		if err := f.start(ctx, dispatch.New(ask(o), o.Customer, now)); err != nil {
			return err
		}
		return f.change(ctx, o, "", now, func(d dispatch.Dispatch) dispatch.Dispatch { return d.Ready(readyAt(o), now) })
	case order.PickedUp:
		return f.pickedUp(ctx, o, now)
	case order.Delivered:
		if err := f.pickedUp(ctx, o, now); err != nil { // whose event may come after this one
			return err
		}
		return f.change(ctx, o, lateBy(o), o.DeliveredAt, func(d dispatch.Dispatch) dispatch.Dispatch { return d.Complete(now) })
	case order.Cancelled, order.Rejected:
		return f.change(ctx, o, endedBy(o), now, func(d dispatch.Dispatch) dispatch.Dispatch { return d.Cancel(now) })
	}
	return nil
}

// pickedUp has the search know who has the order in the bag. That it is none of
// those who were to have it is not theirs to answer for.
func (f *Function) pickedUp(ctx context.Context, o order.Order, now time.Time) error {
	return f.change(ctx, o, "app", now, func(d dispatch.Dispatch) dispatch.Dispatch { return d.PickUp(o.Courier, o.PickedUpAt, now) })
}

// start begins a search, if there is none. That the zone's rounds expect others
// like it is a hint, and not worth another try.
func (f *Function) start(ctx context.Context, d dispatch.Dispatch) error {
	began, err := f.Searches.Start(ctx, d)
	if err != nil || !began {
		return err
	}
	if err := f.Hints.Remember(ctx, d.Ask); err != nil {
		f.Log.WarnContext(ctx, "could not remember an order", slog.Any("error", err))
	}
	return nil
}

// change changes a search, by what happened to its order at a time.
func (f *Function) change(ctx context.Context, o order.Order, blame string, at time.Time, to func(dispatch.Dispatch) dispatch.Dispatch) error {
	_, err := f.Searches.Change(ctx, string(o.ID), assigndb.Change{
		Blame: blame,
		Do:    func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return to(d), nil },
	}, at)
	return err
}

// ask is an order as the engine sees it.
func ask(o order.Order) assign.Order {
	a := assign.Order{
		ID: string(o.ID), Shop: o.Shop, Zone: o.Zone, Pickup: o.Pickup.Point, Dropoff: o.Dropoff.Point,
		Placed: o.PlacedAt, Ready: readyAt(o), Needs: assign.Needs{Skills: o.Needs},
	}
	if o.Cash {
		a.Needs.Cash = o.Price.Total
	}
	return a
}

func readyAt(o order.Order) time.Time {
	if o.ReadyAt.IsZero() {
		return o.PromisedAt
	}
	return o.ReadyAt
}

// lateBy is whose fault it is if a delivered order was late: the shop's, if that
// had it ready late.
func lateBy(o order.Order) string {
	if o.ReadyAt.After(o.PromisedAt.Add(dispatch.Grace)) {
		return "merchant"
	}
	return ""
}

// endedBy is whose decision it was to end an order before it was delivered.
func endedBy(o order.Order) string {
	if o.Closing == nil {
		return "app"
	}
	switch o.Closing.By {
	case order.Customer:
		return "customer"
	case order.Shop:
		return "merchant"
	}
	return "app"
}
