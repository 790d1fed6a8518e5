package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"lastmile/emulators/firestore"
	"lastmile/emulators/stack"
	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/bus"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/score"
	"lastmile/shared/score/scoredb"
)

func benchDispatch(ctx context.Context, r *report) error {
	srv, err := firestore.Start(firestore.Options{})
	if err != nil {
		return err
	}
	defer srv.Close()
	db, err := docs.Open(ctx, docs.Options{Project: "bench", EmulatorHost: srv.Addr(), Publisher: unheard{}})
	if err != nil {
		return err
	}
	defer db.Close()
	for _, measure := range []func(context.Context, *report, *docs.DB) error{benchRaces, benchFacts} {
		if err := measure(ctx, r, db); err != nil {
			return err
		}
	}
	return benchVisible(ctx, r)
}

// unheard is a bus that loses everything.
type unheard struct{}

func (unheard) Send(context.Context, ...bus.Message) error { return nil }

// benchRaces has three couriers accept each order at once, of many orders.
func benchRaces(ctx context.Context, r *report, db *docs.DB) error {
	const races, abreast, rivals = 1000, 8, 3
	couriers := courierdb.New(db)
	store, now := assigndb.New(db, couriers), time.Now().UTC().Truncate(time.Microsecond)
	for w := range abreast {
		for c := range rivals {
			err := couriers.Create(ctx, courier.Courier{ID: rival(w, c), Zone: "bench", Capacity: races, OnDuty: true})
			if err != nil {
				return err
			}
		}
	}
	for n := range races {
		if err := offerRace(ctx, store, n, n%abreast, rivals, now); err != nil {
			return err
		}
	}
	rate := func(accept accepting) (float64, error) {
		start := time.Now()
		err := together(abreast, func(w int) error {
			for n := w; n < races; n += abreast {
				if err := race(n, w, rivals, accept); err != nil {
					return err
				}
			}
			return nil
		})
		return races / time.Since(start).Seconds(), err
	}
	ours, err := rate(func(order string, c courier.ID) error {
		_, err := store.Accept(ctx, order, string(c), now)
		return err
	})
	if err != nil {
		return err
	}
	theirs, err := benchOfferDocuments(ctx, db, races, abreast, rivals, rate)
	r.row("orders that three couriers accept at once, each won once", fmt.Sprintf("%.0f/s", ours),
		fmt.Sprintf("%.0f/s, a transaction over a document for each offer", theirs), fmt.Sprintf("%.1fx", ours/theirs), "", err == nil)
	return err
}

// accepting has a courier accept an order; [dispatch.ErrTaken] says that another
// was first.
type accepting func(order string, c courier.ID) error

func rival(worker, n int) courier.ID { return courier.ID(fmt.Sprintf("courier-%d-%d", worker, n)) }

func offerRace(ctx context.Context, store *assigndb.Store, n, worker, rivals int, now time.Time) error {
	id := fmt.Sprint("order-", n)
	if _, err := store.Start(ctx, dispatch.New(assign.Order{ID: id, Shop: "bench", Zone: "bench"}, "cy", now)); err != nil {
		return err
	}
	found, err := store.Lookups(ctx, id)
	if err != nil {
		return err
	}
	offer := assign.Offer{Orders: []string{id}, Expires: now.Add(time.Hour), Pickup: now, Door: []time.Time{now}}
	for c := range rivals {
		offer.Couriers = append(offer.Couriers, string(rival(worker, c)))
	}
	after := found[0].Data.Decided(assign.Entry{Order: id, Outcome: assign.Offered, Due: offer.Expires}, []assign.Offer{offer}, dispatch.Standard(), 1, now)
	return store.Decide(ctx, []assigndb.Decided{{Before: found[0], After: after}}, now)
}

func race(n, worker, rivals int, accept accepting) error {
	won := make([]bool, rivals)
	err := together(rivals, func(c int) error {
		err := accept(fmt.Sprint("order-", n), rival(worker, c))
		won[c] = err == nil
		if errors.Is(err, dispatch.ErrTaken) {
			return nil
		}
		return err
	})
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	if err == nil && winners != 1 {
		err = fmt.Errorf("order %d has %d winners", n, winners)
	}
	return err
}

// together calls f n times at once, and returns the first errors.
func together(n int, f func(i int) error) error {
	failed := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { failed[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// benchFacts folds a hundred facts about each of forty couriers.
func benchFacts(ctx context.Context, r *report, db *docs.DB) error {
	const facts, abreast, couriers = 4000, 8, 5
	store, now := scoredb.New(db), time.Now().UTC()
	rate := func(fold func(score.Fact) error) (float64, error) {
		start := time.Now()
		err := together(abreast, func(w int) error {
			for n := w; n < facts; n += abreast {
				err := fold(score.Fact{
					ID: fmt.Sprint("fact-", n), Courier: fmt.Sprint("courier-", n/abreast%couriers*abreast+w), Zone: "bench",
					At: now.AddDate(0, 0, -n%score.Kept), Dimension: score.All()[n%4], Good: score.Unit, Trials: score.Unit,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		return facts / time.Since(start).Seconds(), err
	}
	ours, err := rate(func(f score.Fact) error { _, err := store.Fold(ctx, f, now); return err })
	if err != nil {
		return err
	}
	theirs, err := rate(func(f score.Fact) error { return foldAll(ctx, db, f) })
	r.row("facts folded into scores, each once, 100 a courier", fmt.Sprintf("%.0f/s", ours),
		fmt.Sprintf("%.0f/s, all facts of the courier read again", theirs), fmt.Sprintf("%.1fx", ours/theirs), "", err == nil)
	return err
}

// benchVisible measures from the event of a fact to the score that shows it.
func benchVisible(ctx context.Context, r *report) error {
	const events = 100
	s, err := stack.Start(ctx, stack.Options{Quiet: true})
	if err != nil {
		return err
	}
	defer s.Close()
	b, err := bus.Open(ctx, bus.Options{Project: s.Config.Project, EmulatorHost: s.Config.PubSubEmulator})
	if err != nil {
		return err
	}
	defer b.Close()
	var took []time.Duration
	for n := range events {
		start := time.Now()
		id := fmt.Sprint("courier-", n)
		err := b.Publish(ctx, &event.CourierFact{Courier: id, Zone: "bench", Order: "o", Dimension: "rating", Trials: event.FactUnit})
		if err != nil {
			return err
		}
		if err := shows(ctx, s, id); err != nil {
			return err
		}
		took = append(took, time.Since(start))
	}
	p95 := percentile(took, 95)
	r.row("from a fact's event to the score that shows it, p50 / p95", ms(percentile(took, 50))+" / "+ms(p95), "", "", "p95 ≤ 2 s", p95 <= 2*time.Second)
	return nil
}

// shows waits until a courier's score shows one fact.
func shows(ctx context.Context, s *stack.Stack, courier string) error {
	for {
		var got scoredb.Report
		if err := s.Call(ctx, http.MethodGet, "/v1/couriers/"+courier+"/score", nil, &got); err != nil {
			return err
		}
		if got.Score.Parts.Rating.Raw.Trials > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}
