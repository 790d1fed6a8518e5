package assign

import (
	"context"
	"log/slog"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
)

// round decides on one order: among the couriers near its shop, and further away
// as long as there is nobody.
func (f *Function) round(ctx context.Context, l *docs.Lookup[dispatch.Dispatch], d dispatch.Dispatch, s assigndb.Revision, now time.Time) error {
	r := assigndb.Round{ID: assigndb.RoundID(now, d), Zone: d.Zone, At: now}
	r.Input = assign.Round{Now: now, Orders: []assign.Order{d.Input(now)}, Config: s.Settings.Engine(s.Version), Explain: true}
	for ring := d.Round; ; ring++ {
		near, err := f.near(ctx, d, s.Settings, ring, now)
		if err != nil {
			return err
		}
		if err := f.decide(ctx, &r, near); err != nil {
			return err
		}
		if r.Decision.Ledger[0].Outcome != assign.Unmatched || ring+1 >= len(s.Settings.Rings) {
			break
		}
	}
	if err := f.Searches.Keep(ctx, r); err != nil {
		return err
	}
	after := d.Decided(r.Decision.Ledger[0], r.Decision.Offers, s.Settings, s.Version, now)
	if err := f.Searches.Decide(ctx, []assigndb.Decided{{Before: l, After: after}}, now); err != nil {
		return err
	}
	f.note(ctx, r)
	return nil
}

// decide makes the decision of r among these couriers.
func (f *Function) decide(ctx context.Context, r *assigndb.Round, c candidates) error {
	travel, guessed, err := f.travel(ctx, r.Input.Orders, c.couriers)
	if err != nil {
		return err
	}
	r.Travel, r.Guessed, r.Scores = assign.NewTable(travel), guessed, c.scores
	r.Input.Couriers, r.Input.Travel = c.couriers, r.Travel
	r.Decision = assign.Decide(r.Input)
	return nil
}

// note keeps couriers who were asked from being asked again at once. It is a
// hint: without it they have two offers, and can take both.
func (f *Function) note(ctx context.Context, r assigndb.Round) {
	for _, o := range r.Decision.Offers {
		if err := f.Hints.Ask(ctx, o.Orders[0], o.Expires.Sub(r.At), o.Couriers...); err != nil {
			f.Log.WarnContext(ctx, "could not note who was asked", slog.Any("error", err))
			return
		}
	}
	if r.Guessed {
		f.Log.WarnContext(ctx, "decided by the straight line: the distance service does not answer", slog.String("round", r.ID))
	}
}
