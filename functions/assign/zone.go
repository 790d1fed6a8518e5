package assign

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
)

// The bounds of a zone's round. Orders that are left out, the newest, are in the
// next one.
const (
	maxOrders   = 300
	maxCouriers = 1000
	maxExpected = 200
)

// nextTick has the next round of a zone made. As the number of a round follows
// from the time, whoever asks for the next one asks for the same.
func (f *Function) nextTick(ctx context.Context, zone string, s dispatch.Settings, now time.Time) error {
	every := int64(s.EverySeconds)
	number := now.Unix()/every + 1
	return f.Clock.Tick(ctx, zone, int(number), time.Unix(number*every, 0).UTC())
}

// tick makes a zone's round, and has the next one made as long as orders wait.
func (f *Function) tick(ctx context.Context, zone string, number int) error {
	now := f.now()
	settings, err := f.Searches.Settings(ctx, zone)
	if err != nil {
		return err
	}
	waiting, err := f.Searches.In(ctx, zone, dispatch.Waiting, docs.Place{}, maxOrders)
	if err != nil || len(waiting) == 0 {
		return err
	}
	if settings.Settings.Mode != dispatch.WholeZone {
		return f.each(waiting, func(d dispatch.Dispatch) error { return f.settle(ctx, d.Order) })
	}
	if err := f.nextTick(ctx, zone, settings.Settings, now); err != nil {
		return err
	}
	mine, err := f.Hints.Lease(ctx, zone, number, time.Minute)
	if err != nil || !mine {
		return err
	}
	return f.zoneRound(ctx, zone, waiting, settings, now)
}

// each calls do for all of searches, a few at a time.
func (f *Function) each(searches []dispatch.Dispatch, do func(dispatch.Dispatch) error) error {
	failed := make([]error, len(searches))
	var g errgroup.Group
	g.SetLimit(abreast)
	for i, d := range searches {
		g.Go(func() error { failed[i] = do(d); return nil })
	}
	_ = g.Wait()
	return errors.Join(failed...)
}

// zoneRound decides on all orders that wait.
func (f *Function) zoneRound(ctx context.Context, zone string, waiting []dispatch.Dispatch, s assigndb.Revision, now time.Time) error {
	searches, err := f.open(ctx, waiting, now)
	if err != nil {
		return err
	}
	couriers, err := f.onDuty(ctx, zone, maxCouriers, now)
	if err != nil {
		return err
	}
	config := s.Settings.Engine(s.Version)
	recent, err := f.Hints.Recent(ctx, zone, now.Add(-config.Ahead), maxExpected)
	if err != nil {
		return err
	}
	r := assigndb.Round{ID: assigndb.RoundID(now, waiting[0]), Zone: zone, At: now}
	r.Input = assign.Round{Now: now, Config: config, Expected: assign.Expect(recent, now, config.Ahead)}
	for _, t := range searches {
		r.Input.Orders = append(r.Input.Orders, t.After.Input(now))
	}
	r.Input.Explain = len(searches)*len(couriers.couriers) <= maxExplained
	if err := f.decide(ctx, &r, couriers); err != nil {
		return err
	}
	if err := f.Searches.Keep(ctx, r); err != nil {
		return err
	}
	err = f.commit(ctx, r, searches, s, now)
	f.note(ctx, r)
	return err
}

// maxExplained bounds the candidates that the ledger of a zone's round holds. Of
// larger rounds they follow from the input, which it holds always.
const maxExplained = 5000

// open returns searches with what became of their offers.
func (f *Function) open(ctx context.Context, waiting []dispatch.Dispatch, now time.Time) ([]assigndb.Decided, error) {
	ids := make([]string, len(waiting))
	for i, d := range waiting {
		ids[i] = d.Order
	}
	lookups, err := f.Searches.Lookups(ctx, ids...)
	if err != nil {
		return nil, err
	}
	searches := make([]assigndb.Decided, len(lookups))
	failed := make([]error, len(lookups))
	var g errgroup.Group
	g.SetLimit(abreast)
	for i, l := range lookups {
		searches[i].Before = l
		g.Go(func() error { searches[i].After, failed[i] = f.refreshed(ctx, l.Data, now); return nil })
	}
	_ = g.Wait()
	return searches, errors.Join(failed...)
}

// commit stores what a round decided, a trip at a time. A trip of which an order
// has gone on meanwhile waits for the next round.
func (f *Function) commit(ctx context.Context, r assigndb.Round, searches []assigndb.Decided, s assigndb.Revision, now time.Time) error {
	of := make(map[string]int, len(searches))
	for i, t := range searches {
		of[t.Before.ID] = i
		entry := r.Decision.Ledger[i]
		if entry.Outcome != assign.Held { // the next round looks at it anyway
			searches[i].After = t.After.Decided(entry, r.Decision.Offers, s.Settings, s.Version, now)
		}
	}
	var g errgroup.Group
	g.SetLimit(abreast)
	for i, entry := range r.Decision.Ledger {
		trip := []assigndb.Decided{searches[i]}
		if entry.Outcome == assign.Offered {
			if !leads(entry) {
				continue
			}
			for _, other := range entry.With {
				trip = append(trip, searches[of[other]])
			}
		}
		g.Go(func() error { return f.store(ctx, trip, now) })
	}
	return g.Wait()
}

// leads reports whether an order is the one that stands for its trip.
func leads(e assign.Entry) bool {
	for _, other := range e.With {
		if other < e.Order {
			return false
		}
	}
	return true
}

func (f *Function) store(ctx context.Context, trip []assigndb.Decided, now time.Time) error {
	err := f.Searches.Decide(ctx, trip, now)
	if errors.Is(err, docs.ErrConflict) {
		f.Log.InfoContext(ctx, "an order went on while a round decided on it", slog.String("order", trip[0].Before.ID))
		return nil
	}
	return err
}
