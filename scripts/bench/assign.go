package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/geo"
)

// benchAssign measures rounds of the assignment engine, and days of dispatch by
// the judge, where it is on the machine.
func benchAssign(ctx context.Context, r *report) error {
	for _, size := range []struct{ orders, couriers int }{{1, 50}, {1, 500}, {200, 300}} {
		f := measureRound(town(size.orders, size.couriers))
		work := fmt.Sprintf("a round of %d orders and %d couriers", size.orders, size.couriers)
		if size.orders == 1 {
			work = fmt.Sprintf("a round for one order, %d candidates", size.couriers)
		}
		r.row(work, fmt.Sprintf("%s, %d allocations", f.median.Round(time.Microsecond), f.allocations), "", "", "250 ms", f.median <= 250*time.Millisecond)
	}
	return judgeDispatch(ctx, r)
}

// town returns a round of noon in a town of 10 km, with orders of a fifth as many
// shops and couriers of whom a third is idle.
func town(orders, couriers int) assign.Round {
	random := rand.New(rand.NewPCG(7, 11))
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	place := func() geo.Point { return geo.Point{Lat: random.Float64() * 0.09, Lng: random.Float64() * 0.09} }
	shops := make([]geo.Point, max(orders/5, 1))
	for i := range shops {
		shops[i] = place()
	}
	r := assign.Round{Now: noon, Travel: assign.Straight(6)}
	for i := range orders {
		shop, placed := random.IntN(len(shops)), noon.Add(-time.Duration(random.IntN(900))*time.Second)
		r.Orders = append(r.Orders, assign.Order{
			ID: fmt.Sprint("o", i), Shop: fmt.Sprint("s", shop), Pickup: shops[shop], Dropoff: place(),
			Placed: placed, Ready: placed.Add(15 * time.Minute),
		})
	}
	for i := range couriers {
		free := noon.Add(time.Duration(random.IntN(1800)-600) * time.Second)
		r.Couriers = append(r.Couriers, assign.Courier{ID: fmt.Sprint("c", i), At: place(), FreeAt: free, Online: true, Score: 50})
	}
	return r
}

type roundFigures struct {
	median      time.Duration
	allocations uint64
}

// measureRound makes the same decision for a second.
func measureRound(r assign.Round) roundFigures {
	assign.Decide(r)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var took []time.Duration
	for began := time.Now(); time.Since(began) < time.Second || len(took) < 5; {
		start := time.Now()
		assign.Decide(r)
		took = append(took, time.Since(start))
	}
	runtime.ReadMemStats(&after)
	slices.Sort(took)
	return roundFigures{took[len(took)/2], (after.Mallocs - before.Mallocs) / uint64(len(took))}
}
