package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/emulators/fault"
	"lastmile/emulators/stack"
	"lastmile/functions/api"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/function"
	"lastmile/shared/geo"
	"lastmile/shared/logs"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/platform"
	"lastmile/shared/shop"
	"lastmile/shared/shop/shopdb"
)

// benchSelling measures the validation of carts against their size, and how many
// orders of one item are placed in a second.
func benchSelling(ctx context.Context, r *report) error {
	return onStack(ctx, func(s *stack.Stack, p *platform.Opener) error {
		db := p.Docs()
		if err := p.Err(); err != nil {
			return err
		}
		if err := fillShop(ctx, db); err != nil {
			return err
		}
		for _, trip := range []time.Duration{0, 5 * time.Millisecond} {
			if err := benchCarts(ctx, r, s, db, trip); err != nil {
				return err
			}
		}
		return benchOrders(ctx, r, db)
	})
}

const cartItems = 200

// fillShop stores a shop that is always open, and its items.
func fillShop(ctx context.Context, db *docs.DB) error {
	shops := shopdb.New(db)
	_, err := shops.PutZone(ctx, shop.Zone{
		ID: "bench", Name: "Bench", Currency: "EUR", TimeZone: "UTC", Area: []geo.Point{{Lat: -1, Lng: -1}, {Lat: -1, Lng: 9}, {Lat: 9, Lng: 9}, {Lat: 9, Lng: -1}},
	}, shopdb.AnyVersion, shopdb.Author{By: "bench"})
	if err != nil {
		return err
	}
	_, err = shops.PutShop(ctx, shop.Shop{
		ID: "bench", Name: "Bench", Point: geo.Point{Lat: 1, Lng: 1}, Zone: "bench", TimeZone: "UTC", Currency: "EUR", Open: true,
		Hours: shop.Hours{Week: []shop.Weekly{{On: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, Span: shop.Span{From: "00:00", To: "00:00"}}}},
	}, shopdb.AnyVersion, shopdb.Author{By: "bench"})
	if err != nil {
		return err
	}
	var writes []docs.Write
	for i := range cartItems {
		writes = append(writes, benchItems(db).Set(fmt.Sprint("item-", i), catalogdb.Item{Item: catalog.Item{
			ID: fmt.Sprint("item-", i), Name: "Bread", Available: true, Price: catalog.Money{Amount: 100, Currency: "EUR"}, Stock: 1 << 40, StockKnown: true,
		}}))
	}
	return db.Commit(ctx, writes...)
}

func benchItems(db *docs.DB) docs.Collection[catalogdb.Item] {
	return docs.In[catalogdb.Item](db, "shops", "bench", "items")
}

// benchCarts calls the API over HTTP, where each round trip to the database takes
// so much longer than to an emulator. The baseline reads the items of the cart one
// after the other, and does nothing else.
func benchCarts(ctx context.Context, r *report, s *stack.Stack, db *docs.DB, trip time.Duration) error {
	const rounds = 300
	if trip > 0 {
		defer s.Firestore.Faults.Add(fault.Rule{Delay: trip})()
	}
	p := platform.New(s.Config, logs.Options{Service: "api", Classify: function.Classify, Out: &bytes.Buffer{}})
	defer p.Close(context.WithoutCancel(ctx))
	handler, err := api.Spec().Handler(p)
	if err != nil {
		return err
	}
	counted := make(chan int, 1)
	server := httptest.NewServer(countTrips(handler, counted))
	defer server.Close()
	sizes := []int{1, 20, 200}
	ours, theirs, trips := map[int][]time.Duration{}, map[int][]time.Duration{}, map[int]int{}
	err = shuffled(rounds, sizes, func(items int) error {
		start := time.Now()
		if err := validateCart(ctx, server, s.Operator, items); err != nil {
			return err
		}
		ours[items] = append(ours[items], time.Since(start))
		trips[items] = <-counted
		return nil
	})
	if err != nil {
		return err
	}
	err = shuffled(rounds/30, sizes, func(items int) error {
		start := time.Now()
		for i := range items {
			if _, err := benchItems(db).Get(ctx, fmt.Sprint("item-", i)); err != nil {
				return err
			}
		}
		theirs[items] = append(theirs[items], time.Since(start))
		return nil
	})
	if err != nil {
		return err
	}
	for _, items := range sizes {
		p50, p99 := percentile(ours[items], 50), percentile(ours[items], 99)
		grows := p99.Seconds() / percentile(ours[1], 99).Seconds()
		work := fmt.Sprintf("validate a cart of %d items, p50 / p99", items)
		if trip > 0 {
			work = fmt.Sprintf("the same of %d items with a database that is %s away", items, trip)
		}
		r.row(work, fmt.Sprintf("%s / %s, %d round trips", ms(p50), ms(p99), trips[items]),
			fmt.Sprintf("%s / %s, %d round trips one by one", ms(percentile(theirs[items], 50)), ms(percentile(theirs[items], 99)), items),
			fmt.Sprintf("p99 %.1f of 1 item", grows), "same trips, p99 grows < 2x", trips[items] == trips[1] && grows < 2)
	}
	return nil
}

// countTrips sends the database's round trips of each call.
func countTrips(h http.Handler, trips chan<- int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		ctx := logs.CountTrips(q.Context())
		h.ServeHTTP(w, q.WithContext(ctx))
		n, _ := logs.Trips(ctx).Total()
		trips <- n
	})
}

func validateCart(ctx context.Context, server *httptest.Server, operator string, items int) error {
	lines := make([]map[string]any, items)
	for i := range lines {
		lines[i] = map[string]any{"item": fmt.Sprint("item-", i), "quantity": 1}
	}
	body, err := json.Marshal(map[string]any{"shop": "bench", "lines": lines, "dropoff": map[string]any{"point": geo.Point{Lat: 1, Lng: 1}}})
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/v1/carts/validate", bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+operator)
	q.Header.Set("Content-Type", "application/json")
	return spent(server.Client().Do(q))
}

// benchOrders places orders of one item from many callers at once. The baseline
// is a transaction for each that reads the stock, and writes it with the order
// and its events.
func benchOrders(ctx context.Context, r *report, db *docs.DB) error {
	const orders, few = 5000, 100
	store := orderdb.New(db)
	place := func(i int) error {
		_, _, err := store.Place(ctx, benchOrder(fmt.Sprint("o", i)))
		return err
	}
	ours, err := placedPerSecond(orders, place)
	if err != nil {
		return err
	}
	shelves, all := docs.In[order.Shelf](db, "baseline"), docs.In[order.Order](db, "baselineorders")
	theirs, err := placedPerSecond(few, func(i int) error {
		return db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error {
			l := shelves.Lookup("item")
			if err := tx.Fetch(l); err != nil {
				return err
			}
			l.Data.Held++
			o := benchOrder(fmt.Sprint("o", i))
			tx.Write(shelves.Set("item", l.Data), all.Create(string(o.ID), o), docs.Emit(o.Follow(order.Order{})...))
			return nil
		})
	})
	baseline := fmt.Sprintf("%.0f/s, a transaction each", theirs)
	if err != nil {
		baseline = "a transaction each: gives up"
	}
	r.row("place orders of one item, from 200 callers", fmt.Sprintf("%.0f/s with their events", ours), baseline, fmt.Sprintf("%.0fx", ours/max(theirs, 1)), "≥ 10x", ours >= 10*theirs)
	return nil
}

func benchOrder(id string) order.Order {
	return order.Order{
		ID: order.ID(id), Customer: "ann", Shop: "bench", Zone: "bench", Lines: []order.Line{{Item: "item-0", Quantity: 1, Counted: true}},
	}.Place(time.Now().UTC())
}

// placedPerSecond returns how many of n calls of f, 200 at once, are done in a second.
func placedPerSecond(n int, f func(i int) error) (float64, error) {
	var g errgroup.Group
	g.SetLimit(200)
	start := time.Now()
	for i := range n {
		g.Go(func() error { return f(i) })
	}
	err := g.Wait()
	return float64(n) / time.Since(start).Seconds(), err
}
