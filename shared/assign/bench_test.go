package assign_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/geo"
)

// town returns a round in a town of 10 km: so many orders of a fifth as many
// shops, due within the next 20 minutes, and couriers of whom a third is idle.
func town(orders, couriers int) assign.Round {
	random := rand.New(rand.NewPCG(7, 11))
	place := func() geo.Point { return geo.Point{Lat: random.Float64() * 0.09, Lng: random.Float64() * 0.09} }
	shops := make([]geo.Point, max(orders/5, 1))
	for i := range shops {
		shops[i] = place()
	}
	r := assign.Round{Now: noon, Travel: assign.Straight(6)}
	for i := range orders {
		shop := random.IntN(len(shops))
		placed := noon.Add(-time.Duration(random.IntN(900)) * time.Second)
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

func BenchmarkDecide(b *testing.B) {
	for _, size := range []struct{ orders, couriers int }{{1, 50}, {1, 500}, {200, 300}} {
		b.Run(fmt.Sprintf("%d orders, %d couriers", size.orders, size.couriers), func(b *testing.B) {
			r := town(size.orders, size.couriers)
			b.ReportAllocs()
			for b.Loop() {
				assign.Decide(r)
			}
		})
	}
}
