package assign

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
	"lastmile/shared/logs"
	"lastmile/shared/order"
)

// settle does what a search needs now, and has it called again when more is due.
func (f *Function) settle(ctx context.Context, id string) error {
	found, err := f.Searches.Lookups(ctx, id)
	if err != nil || !found[0].Exists {
		return err
	}
	d := found[0].Data
	o, told, err := f.tellOrder(ctx, d)
	switch {
	case err != nil:
		return err
	case told:
		return f.settle(ctx, id) // another may have it by now, whom others told before
	case behind(d, o):
		return f.follow(ctx, o)
	}
	switch d.State {
	case dispatch.Waiting:
		err = f.search(ctx, found[0])
	case dispatch.Carried:
		err = f.watch(ctx, d)
	case dispatch.Unassigned:
		f.Log.ErrorContext(ctx, "an order has found no courier", slog.Bool(logs.Unassigned, true), slog.String("order", d.Order), slog.String("zone", d.Zone), slog.Int("rounds", d.Round))
	}
	if errors.Is(err, docs.ErrConflict) {
		return nil // it went on, and its event calls again
	}
	return err
}

// behind reports whether the order has come further than its search knows: the
// event was late, or came when there was no search.
func behind(d dispatch.Dispatch, o order.Order) bool {
	return d.Open && (o.State.Closed() || o.State == order.PickedUp && d.PickedUp.IsZero())
}

// tellOrder has the order name the courier who has it. It returns the order, and
// whether that did not know.
func (f *Function) tellOrder(ctx context.Context, d dispatch.Dispatch) (o order.Order, told bool, err error) {
	o, err = f.Orders.Change(ctx, order.ID(d.Order), func(o order.Order) (order.Order, error) {
		if told = o.State.InShop() && o.Courier != d.Winner; !told {
			return o, nil
		}
		return o.Do(order.Change{Action: order.Assign, Courier: d.Winner}, order.Actor{Role: order.Operator, ID: "assign"}, f.now())
	})
	if errors.Is(err, order.ErrUnknown) {
		return o, false, nil
	}
	if err != nil {
		return o, false, fmt.Errorf("name the courier of order %s: %w", d.Order, err)
	}
	return o, told, nil
}

// search makes a round for a search that waits, if one is due.
func (f *Function) search(ctx context.Context, l *docs.Lookup[dispatch.Dispatch]) error {
	now := f.now()
	settings, err := f.Searches.Settings(ctx, l.Data.Zone)
	if err != nil {
		return err
	}
	d, err := f.refreshed(ctx, l.Data, now)
	if err != nil {
		return err
	}
	waits := d.AnyOpen(now) || len(l.Data.Asked) == 0 && now.Before(d.Due)
	switch {
	case settings.Settings.Mode == dispatch.WholeZone:
		return f.nextTick(ctx, d.Zone, settings.Settings, now)
	case waits && d.Version > l.Data.Version:
		return f.Searches.Decide(ctx, []assigndb.Decided{{Before: l, After: d}}, now)
	case waits:
		return f.Clock.Due(ctx, d)
	}
	return f.round(ctx, l, d, settings, now)
}

// refreshed is d with what became of its offers.
func (f *Function) refreshed(ctx context.Context, d dispatch.Dispatch, now time.Time) (dispatch.Dispatch, error) {
	rejected, err := f.Searches.Rejections(ctx, d)
	if err != nil {
		return d, err
	}
	after, _ := d.Refresh(rejected, now)
	return after, nil
}

// watch takes an order from a courier with whom nothing happens.
func (f *Function) watch(ctx context.Context, d dispatch.Dispatch) error {
	now := f.now()
	if d.Due.Sub(now) > farFuture {
		return nil
	}
	if now.Before(d.Due) {
		return f.Clock.Due(ctx, d)
	}
	after, err := f.Searches.Change(ctx, d.Order, assigndb.Change{Do: func(d dispatch.Dispatch) (dispatch.Dispatch, error) {
		after, _ := d.Stall(now)
		return after, nil
	}}, now)
	if err == nil && after.Gen > d.Gen {
		f.Log.WarnContext(ctx, "took an order from a courier with whom it stood still", slog.String("order", d.Order), slog.String("courier", d.Winner))
	}
	return err
}
