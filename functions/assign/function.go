// Package assign finds couriers for orders.
//
// Trigger: order.changed.v1, dispatch.changed.v1, timers, and a schedule for what
// a crash left. Replays are harmless, and so are events that overtake each other:
// every call reads how the order and its search stand, and does what is due.
package assign

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/assignredis"
	"lastmile/shared/assign/assigntimer"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/logs"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/road/roadhttp"
	"lastmile/shared/score/scoredb"
	"lastmile/shared/timer"
	"lastmile/shared/track/trackredis"
)

// Parts are what the function stands on.
type Parts struct {
	DB        *docs.DB
	Searches  *assigndb.Store
	Orders    *orderdb.Store
	Couriers  *courierdb.Store
	Scores    *scoredb.Store
	Positions *trackredis.Store
	Hints     *assignredis.Store
	Roads     *roadhttp.Client
	Clock     *assigntimer.Clock
	Log       *slog.Logger
	Now       func() time.Time
}

// Function is the assign function.
type Function struct{ Parts }

// New returns a Function of p.
func New(p Parts) *Function { return &Function{p} }

// now is the time as Firestore keeps it.
func (f *Function) now() time.Time { return f.Now().UTC().Truncate(time.Microsecond) }

// Ordered brings the search in line with its order.
func (f *Function) Ordered(ctx context.Context, e event.OrderChanged) error {
	o, err := f.Orders.Get(ctx, order.ID(e.Order))
	if errors.Is(err, order.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.follow(ctx, o); err != nil && !errors.Is(err, dispatch.ErrUnknown) {
		return fmt.Errorf("follow order %s: %w", o.ID, err)
	}
	return nil
}

// Dispatched does what is due after a change of a search.
func (f *Function) Dispatched(ctx context.Context, e event.DispatchChanged) error {
	return f.settle(ctx, e.Order)
}

// Due does what a timer was set for. That of an older version of a search is
// stale.
func (f *Function) Due(ctx context.Context, t timer.Timer) error {
	if zone, ok := assigntimer.Zone(t); ok {
		return f.tick(ctx, zone, t.Gen)
	}
	id, _ := assigntimer.Order(t)
	d, err := f.Searches.Get(ctx, id)
	if errors.Is(err, dispatch.ErrUnknown) || err == nil && d.Version != t.Gen {
		return nil
	}
	if err != nil {
		return err
	}
	return f.settle(ctx, id)
}

const (
	patience  = 30 * time.Second // before a timer counts as lost
	maxSwept  = 500              // of one pass
	abreast   = 8
	farFuture = 30 * 24 * time.Hour // what is due later is never due
)

// Sweep does what should have been done long ago: its timer, or its event, was
// lost.
func (f *Function) Sweep(ctx context.Context) error {
	overdue, err := f.Searches.Overdue(ctx, f.now().Add(-patience), maxSwept)
	if err != nil {
		return err
	}
	if n := len(overdue); n > 0 {
		f.Log.WarnContext(ctx, "searches stood still", slog.Int(logs.Repaired, n))
	}
	failed := make([]error, len(overdue))
	var g errgroup.Group
	g.SetLimit(abreast)
	for i, d := range overdue {
		g.Go(func() error { failed[i] = f.settle(ctx, d.Order); return nil })
	}
	_ = g.Wait()
	return errors.Join(failed...)
}
