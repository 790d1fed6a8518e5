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

// round decides on one order.
func (f *Function) round(ctx context.Context, l *docs.Lookup[dispatch.Dispatch], d dispatch.Dispatch, s assigndb.Revision, now time.Time) error {
	r := assigndb.Round{ID: assigndb.RoundID(now, d), Zone: d.Zone, At: now}
	r.Input = assign.Round{Now: now, Orders: []assign.Order{d.Input(now)}, Config: s.Settings.Engine(s.Version), Explain: true}
	busy, err := f.widening(ctx, &r, d, s.Settings)
	if err != nil {
		return err
	}
	if err := f.Searches.Keep(ctx, r); err != nil {
		return err
	}
	entry := r.Decision.Ledger[0]
	if busy {
		entry.Due = now.Add(r.Input.Config.Every)
	}
	after := d.Decided(entry, r.Decision.Offers, s.Settings, s.Version, now)
	if err := f.Searches.Decide(ctx, []assigndb.Decided{{Before: l, After: after}}, now); err != nil {
		return err
	}
	f.note(ctx, r)
	return nil
}

// widening decides among the couriers near the shop, and further away as long as
// there is nobody. It looks for those who are free, as other orders count on the
// busy ones too; where all are busy, one of them is foreseen until the next round.
func (f *Function) widening(ctx context.Context, r *assigndb.Round, d dispatch.Dispatch, s dispatch.Settings) (busy bool, err error) {
	soon := r.Input.Config.Soon
	r.Input.Config.Soon = r.Input.Config.Every
	for ring := d.Round; ; ring++ {
		near, err := f.near(ctx, d, s, ring, r.At)
		if err != nil {
			return false, err
		}
		if err := f.decide(ctx, r, near); err != nil {
			return false, err
		}
		switch {
		case r.Decision.Ledger[0].Outcome != assign.Unmatched:
			return false, nil
		case ring+1 >= len(s.Rings):
			r.Input.Config.Soon = soon
			r.Decision = assign.Decide(r.Input)
			return true, nil
		}
	}
}

// decide makes the decision of r among these couriers.
func (f *Function) decide(ctx context.Context, r *assigndb.Round, c candidates) error {
	r.Input.Couriers = c.couriers
	travel, guessed, err := f.travel(ctx, r.Input)
	if err != nil {
		return err
	}
	r.Travel, r.Guessed, r.Scores = assign.NewTable(travel), guessed, c.scores
	r.Input.Travel = r.Travel
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
