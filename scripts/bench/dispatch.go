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
	"lastmile/shared/bus"
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
