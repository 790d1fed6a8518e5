package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
)

// acceptance is a way to offer orders, by number, and to have couriers accept
// them; [dispatch.ErrTaken] says that another was first.
type acceptance interface {
	offer(ctx context.Context, n int) error
	accept(ctx context.Context, n int, by string) error
}

const races, rivals, racesAbreast = 1000, 3, 8

// benchRaces has three couriers accept each order at once, of many orders. Both
// designs change the order and the load of who wins, and emit the same events.
func benchRaces(ctx context.Context, r *report, db *docs.DB) error {
	couriers, now := courierdb.New(db), time.Now().UTC().Truncate(time.Microsecond)
	if err := eachRace(func(n int) error { return hire(ctx, couriers, n) }); err != nil {
		return err
	}
	ours, err := raceRate(ctx, oneDocument{assigndb.New(db, couriers), now})
	if err != nil {
		return err
	}
	theirs, err := raceRate(ctx, offerDocuments{db, couriers, now})
	r.row("orders that three couriers accept at once, each won once", fmt.Sprintf("%.0f/s", ours),
		fmt.Sprintf("%.0f/s, a transaction over a document for each offer", theirs), fmt.Sprintf("%.1fx", ours/theirs), "", err == nil)
	return err
}

func raceRate(ctx context.Context, a acceptance) (float64, error) {
	if err := eachRace(func(n int) error { return a.offer(ctx, n) }); err != nil {
		return 0, err
	}
	start := time.Now()
	err := eachRace(func(n int) error { return race(ctx, n, a) })
	return races / time.Since(start).Seconds(), err
}

// eachRace calls do for every race, a few at a time.
func eachRace(do func(n int) error) error {
	return together(racesAbreast, func(w int) error {
		for n := w; n < races; n += racesAbreast {
			if err := do(n); err != nil {
				return err
			}
		}
		return nil
	})
}

func raced(n int) string { return fmt.Sprint("order-", n) }

// asked are the couriers who race for an order.
func asked(n int) (ids []string) {
	for c := range rivals {
		ids = append(ids, fmt.Sprintf("courier-%d-%d", n, c))
	}
	return ids
}

func hire(ctx context.Context, couriers *courierdb.Store, n int) error {
	for _, id := range asked(n) {
		if err := couriers.Create(ctx, courier.Courier{ID: courier.ID(id), Zone: "bench", Capacity: 3, OnDuty: true}); err != nil {
			return err
		}
	}
	return nil
}

// offered returns the search for an order's courier before and after it is
// offered to those who race for it.
func offered(n int, now time.Time) (before, after dispatch.Dispatch) {
	id, until := raced(n), now.Add(time.Hour)
	before = dispatch.New(assign.Order{ID: id, Shop: "bench", Zone: "bench"}, "cy", now)
	offer := assign.Offer{Orders: []string{id}, Couriers: asked(n), Expires: until, Pickup: now, Door: []time.Time{now}}
	entry := assign.Entry{Order: id, Outcome: assign.Offered, Due: until}
	return before, before.Decided(entry, []assign.Offer{offer}, dispatch.Standard(), 1, now)
}

// race fails unless one courier has the order, and the others are told so.
func race(ctx context.Context, n int, a acceptance) error {
	var mu sync.Mutex
	winners := 0
	err := together(rivals, func(c int) error {
		err := a.accept(ctx, n, asked(n)[c])
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			winners++
		}
		if errors.Is(err, dispatch.ErrTaken) {
			return nil
		}
		return err
	})
	if err == nil && winners != 1 {
		err = fmt.Errorf("order %d has %d winners", n, winners)
	}
	return err
}

// oneDocument keeps all offers of an order in one document, as the platform does.
type oneDocument struct {
	store *assigndb.Store
	now   time.Time
}

func (a oneDocument) offer(ctx context.Context, n int) error {
	before, after := offered(n, a.now)
	if _, err := a.store.Start(ctx, before); err != nil {
		return err
	}
	found, err := a.store.Lookups(ctx, raced(n))
	if err != nil {
		return err
	}
	return a.store.Decide(ctx, []assigndb.Decided{{Before: found[0], After: after}}, a.now)
}

func (a oneDocument) accept(ctx context.Context, n int, by string) error {
	_, err := a.store.Accept(ctx, raced(n), by, a.now)
	return err
}
