package assign

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/assign"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/score/scoredb"
	"lastmile/shared/track"
)

// candidates are couriers whom a round looks at.
type candidates struct {
	couriers []assign.Courier
	scores   int // version of the config that made their scores
}

// near returns the couriers around the shop of an order.
func (f *Function) near(ctx context.Context, d dispatch.Dispatch, s dispatch.Settings, ring int, now time.Time) (candidates, error) {
	found, err := f.Positions.Nearby(ctx, d.Ask.Pickup, float64(s.Ring(ring)), s.Candidates)
	if err != nil {
		return candidates{}, err
	}
	fixes := make([]track.Fix, len(found))
	lookups := make([]*docs.Lookup[courier.Courier], len(found))
	fetch := make([]docs.Fetcher, len(found))
	for i, n := range found {
		fixes[i] = n.Fix
		lookups[i] = f.Couriers.Lookup(courier.ID(n.Courier))
		fetch[i] = lookups[i]
	}
	if err := f.DB.Fetch(ctx, fetch...); err != nil {
		return candidates{}, err
	}
	var known []courier.Courier
	for _, l := range lookups {
		if l.Exists {
			known = append(known, l.Data)
		}
	}
	return f.candidates(ctx, d.Zone, known, fixes, now)
}

// onDuty returns the couriers of a zone, as many as there can be in one round.
func (f *Function) onDuty(ctx context.Context, zone string, most int, now time.Time) (candidates, error) {
	known, err := f.Couriers.List(ctx, courierdb.Query{Zone: zone, OnDuty: true, Limit: most})
	if err != nil {
		return candidates{}, err
	}
	ids := make([]track.CourierID, len(known))
	for i, c := range known {
		ids[i] = track.CourierID(c.ID)
	}
	fixes, err := f.Positions.Newest(ctx, ids...)
	if err != nil {
		return candidates{}, err
	}
	return f.candidates(ctx, zone, known, fixes, now)
}

// candidates adds to couriers what the engine asks of them, in three round trips
// at once. Those without a position are none.
func (f *Function) candidates(ctx context.Context, zone string, known []courier.Courier, fixes []track.Fix, now time.Time) (candidates, error) {
	var ids, carried []string
	for _, c := range known {
		ids = append(ids, string(c.ID))
		carried = append(carried, c.Load.Orders...)
	}
	var scores map[string]scoredb.Value
	var asked map[string]bool
	var searches map[string]dispatch.Dispatch
	all := candidates{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { scores, all.scores, err = f.Scores.Values(ctx, zone, ids, now); return err })
	g.Go(func() (err error) { asked, err = f.Hints.Asked(ctx, ids...); return err })
	g.Go(func() (err error) { searches, err = f.Searches.Many(ctx, carried...); return err })
	if err := g.Wait(); err != nil {
		return all, err
	}
	at := make(map[string]track.Fix, len(fixes))
	for _, x := range fixes {
		at[string(x.Courier)] = x
	}
	for _, c := range known {
		fix, ok := at[string(c.ID)]
		if !ok {
			continue
		}
		candidate := rider(c, fix)
		candidate.Offered = asked[candidate.ID]
		candidate.Score, candidate.Habits = scores[candidate.ID].Score, habits(scores[candidate.ID])
		busyUntil(&candidate, c.Load.Orders, searches, now)
		all.couriers = append(all.couriers, candidate)
	}
	return all, nil
}

// rider is a courier as the engine sees them. A courier who may hold no cash has
// a limit that any cash is over.
func rider(c courier.Courier, at track.Fix) assign.Courier {
	limit := max(c.CashLimit, 1)
	return assign.Courier{
		ID: string(c.ID), Zone: c.Zone, At: at.Point, Seen: at.At, Off: c.ShiftEnds,
		Online: c.OnDuty && !c.Disabled, Vehicle: string(c.Vehicle), Skills: slices.Clone(c.Skills),
		Capacity: c.Capacity, CashLimit: limit, Cash: min(c.Load.Cash, limit),
	}
}

func habits(v scoredb.Value) assign.Habits {
	return assign.Habits{Asked: v.Asked, Accepted: v.Accepted}
}

// overdue is how long a courier needs yet who should have delivered by now.
const overdue = 5 * time.Minute

// busyUntil says when and where a courier is through with what they carry.
func busyUntil(c *assign.Courier, orders []string, searches map[string]dispatch.Dispatch, now time.Time) {
	c.FreeAt = now
	for _, id := range orders {
		d, ok := searches[id]
		if !ok || !d.Open {
			continue
		}
		free := now.Add(overdue)
		if o, ok := d.OfferTo(c.ID); ok && o.DoorAt.After(free) {
			free = o.DoorAt
		}
		if free.After(c.FreeAt) {
			c.FreeAt, c.At = free, d.Ask.Dropoff
		}
	}
}
