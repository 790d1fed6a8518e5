package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/catalog"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/job"
	"lastmile/shared/order"
	"lastmile/shared/score"
	"lastmile/shared/track"
	"lastmile/shared/track/trackdb"
	"lastmile/shared/track/trackredis"
)

// The invariants hold whenever nothing is under way, whatever happened before.
// Each is a function that returns all that breaks it.

// every document of a collection, by id.
func every[T any](ctx context.Context, db *docs.DB, path ...string) (map[string]T, error) {
	found, err := docs.In[T](db, path...).Query().Limit(100_000).All(ctx)
	all := make(map[string]T, len(found))
	for _, d := range found {
		all[d.ID] = d.Data
	}
	return all, err
}

// ordersHaveOneCourier: every order has ended; whoever brought it is who won the
// search for its courier, alone; and nobody carries what has ended.
func ordersHaveOneCourier(ctx context.Context, db *docs.DB) error {
	orders, err := every[order.Order](ctx, db, "orders")
	searches, err2 := every[dispatch.Dispatch](ctx, db, "dispatch")
	couriers, err3 := every[courier.Courier](ctx, db, "couriers")
	errs := []error{err, err2, err3}
	for id, o := range orders {
		if !o.State.Closed() {
			d := searches[id]
			errs = append(errs, fmt.Errorf("order %s (version %d) is %s with %q; its search (version %d) is %s, due %s, with %d offers", id, o.Version, o.State, o.Courier, d.Version, d.State, d.Due.Format(time.TimeOnly), len(d.Offers)))
		}
		if o.State != order.Delivered {
			continue
		}
		d := searches[id]
		var brought []string
		for _, offer := range d.Offers {
			if offer.State == dispatch.Accepted || offer.State == dispatch.OfferCompleted {
				brought = append(brought, offer.Courier)
			}
		}
		if d.State != dispatch.Completed || d.Winner != o.Courier || !slices.Equal(brought, []string{o.Courier}) {
			errs = append(errs, fmt.Errorf("order %s names courier %q; its search is %s, names %q, and %v took it", id, o.Courier, d.State, d.Winner, brought))
		}
	}
	for id, c := range couriers {
		if len(c.Load.Orders) > 0 {
			errs = append(errs, fmt.Errorf("courier %s still carries %v", id, c.Load.Orders))
		}
	}
	return errors.Join(errs...)
}

// stockIsWhatOrdersTook: nothing was sold that was not there, what couriers
// fetched is what was sold, and nothing is held for orders that have ended.
func stockIsWhatOrdersTook(ctx context.Context, db *docs.DB) error {
	orders, err := every[order.Order](ctx, db, "orders")
	errs := []error{err}
	type place struct{ shop, item string }
	fetched, shops := map[place]int64{}, map[string]bool{}
	for _, o := range orders {
		shops[o.Shop] = true
		for _, l := range o.Lines {
			if l.Counted && !o.PickedUpAt.IsZero() {
				fetched[place{o.Shop, catalog.DocID(l.Item)}] += l.Quantity
			}
		}
	}
	for shop := range shops {
		shelves, err := every[order.Shelf](ctx, db, "shops", shop, "stock")
		errs = append(errs, err)
		for item, s := range shelves {
			if sold := fetched[place{shop, item}]; s.Held != 0 || s.Sold != sold || s.Figure < s.Sold {
				errs = append(errs, fmt.Errorf("shop %s had %d of %s and says that %d are sold and %d held; couriers fetched %d", shop, s.Figure, item, s.Sold, s.Held, sold))
			}
		}
	}
	return errors.Join(errs...)
}

// jobsEnded: every job is terminal, and every page of one that is done has an
// outcome.
func jobsEnded(ctx context.Context, db *docs.DB) error {
	jobs, err := every[job.Job](ctx, db, "jobs")
	errs := []error{err}
	for id, j := range jobs {
		if !j.State.Closed() {
			errs = append(errs, fmt.Errorf("job %s (%s) is %s: %s", id, j.Kind, j.State, j.Cause))
		}
	}
	return errors.Join(errs...)
}

// nothingWaits: no event is left in the outbox, and none could not be handled.
func nothingWaits(ctx context.Context, db *docs.DB) error {
	unsent, err := every[struct{}](ctx, db, "outbox")
	letters, err2 := every[struct {
		Function string `firestore:"function"`
		Cause    string `firestore:"cause"`
	}](ctx, db, "deadletters")
	errs := []error{err, err2}
	if len(unsent) > 0 {
		errs = append(errs, fmt.Errorf("%d events wait in the outbox", len(unsent)))
	}
	for id, l := range letters {
		errs = append(errs, fmt.Errorf("dead letter %s of %s: %s", id, l.Function, l.Cause))
	}
	return errors.Join(errs...)
}

// everyChangeWasTold: the events of each order, replayed, end in what the order
// is, and clients were told of every version of it.
func everyChangeWasTold(ctx context.Context, db *docs.DB, w *witness) error {
	orders, err := every[order.Order](ctx, db, "orders")
	errs := []error{err}
	for id, o := range orders {
		changes, told := w.changesOf(id), w.told(id)
		state := ""
		var who string
		for _, version := range slices.Sorted(maps.Keys(changes)) {
			c := changes[version]
			if c.From != state {
				errs = append(errs, fmt.Errorf("order %s was %q and then changed from %q to %q", id, state, c.From, c.To))
			}
			state, who = c.To, c.Courier
		}
		if state != string(o.State) || who != o.Courier {
			errs = append(errs, fmt.Errorf("order %s is %s, with courier %q; its events say %s, with %q", id, o.State, o.Courier, state, who))
		}
		for v := 1; v <= o.Version; v++ {
			if !told[v] {
				errs = append(errs, fmt.Errorf("nobody was told of version %d of order %s", v, id))
			}
		}
	}
	return errors.Join(errs...)
}

// scoresAreTheirFacts: each courier's score is, bit for bit, that of the facts
// that were published, each counted once, in another order.
func scoresAreTheirFacts(ctx context.Context, db *docs.DB, w *witness) error {
	stored, err := every[struct {
		Packed []byte `firestore:"packed"`
	}](ctx, db, "scores")
	errs := []error{err}
	replayed := map[string][]byte{}
	for id, facts := range w.factsOf() {
		slices.SortFunc(facts, func(a, b event.CourierFact) int { return strings.Compare(string(a.ID), string(b.ID)) })
		var l score.Ledger
		for _, f := range facts {
			l = l.After(score.Fact{
				ID: string(f.ID), Courier: f.Courier, Zone: f.Zone, Order: f.Order, At: f.Time, Dimension: score.Dimension(f.Dimension),
				Good: int64(f.Good), Trials: int64(f.Trials), Cause: score.Cause(f.Cause), Undoes: string(f.Undoes),
			})
		}
		replayed[id] = l.Pack()
		if string(l.Pack()) != string(stored[id].Packed) {
			errs = append(errs, fmt.Errorf("the score of courier %s is not that of its %d facts", id, len(facts)))
		}
	}
	for id := range stored {
		if replayed[id] == nil {
			errs = append(errs, fmt.Errorf("courier %s has a score without facts", id))
		}
	}
	return errors.Join(errs...)
}

// roundsReplay: every decision about who was asked to carry an order, made again
// of what its ledger holds, is the same.
func roundsReplay(ctx context.Context, db *docs.DB) error {
	store := assigndb.New(db, courierdb.New(db))
	ids, err := every[struct{}](ctx, db, "rounds")
	errs := []error{err}
	for id := range ids {
		r, err := store.Round(ctx, id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		then, _ := json.Marshal(r.Decision)
		again, _ := json.Marshal(assign.Decide(r.Input))
		if string(then) != string(again) {
			errs = append(errs, fmt.Errorf("round %s decides otherwise when it is made again", id))
		}
	}
	return errors.Join(errs...)
}

// positionsAreTheLast: the database holds what Redis has as the newest of every
// courier, and of every scout the last fix that was taken.
func positionsAreTheLast(ctx context.Context, db *docs.DB, cache *goredis.Client, scouts []*scout) error {
	kept, err := trackdb.New(db).Positions(ctx)
	couriers, err2 := every[struct{}](ctx, db, "couriers")
	errs := []error{err, err2}
	ids := make([]track.CourierID, 0, len(couriers)+len(scouts))
	for id := range couriers {
		ids = append(ids, track.CourierID(id))
	}
	for _, s := range scouts {
		ids = append(ids, track.CourierID(s.id))
	}
	newest, err := trackredis.New(cache, trackredis.Options{}).Newest(ctx, ids...)
	errs = append(errs, err)
	for _, n := range newest {
		if n.Courier != "" && kept[n.Courier].Compare(n) < 0 {
			errs = append(errs, fmt.Errorf("courier %s was seen at %s, and the database says %s", n.Courier, n.At, kept[n.Courier].At))
		}
	}
	for _, s := range scouts {
		if at := kept[track.CourierID(s.id)].At; at.UnixMilli() != s.last.UnixMilli() {
			errs = append(errs, fmt.Errorf("%s reported last at %s, and the database says %s", s.id, s.last, at))
		}
	}
	return errors.Join(errs...)
}

// nobodyIsThere: when all have hung up, nothing in Redis says that anybody is
// connected, and what dead gateways held is gone.
func nobodyIsThere(ctx context.Context, cache *goredis.Client, alive int) error {
	var errs []error
	for _, pattern := range []string{"rt:*:p:*", "rt:*:i:*", "rt:*:q:*"} {
		keys, err := cache.Keys(ctx, pattern).Result()
		errs = append(errs, err)
		if len(keys) > 0 {
			errs = append(errs, fmt.Errorf("%d keys %s are left: %v", len(keys), pattern, keys[:min(3, len(keys))]))
		}
	}
	live, err := cache.ZCard(ctx, "rt:{insts}:live").Result()
	errs = append(errs, err)
	if live != int64(alive) {
		errs = append(errs, fmt.Errorf("%d gateways are said to be alive; there are %d", live, alive))
	}
	dead, err := cache.ZCard(ctx, "rt:{insts}:dead").Result()
	if dead > 0 {
		errs = append(errs, fmt.Errorf("%d dead gateways are not cleaned up after", dead))
	}
	return errors.Join(append(errs, err)...)
}
