package main

import (
	"context"
	"errors"
	"time"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/docs"
	"lastmile/shared/score"
)

// offerDocuments keeps each offer in a document of its own, as is usual, beside
// that of the order, and accepts in a transaction over all of them.
type offerDocuments struct {
	db       *docs.DB
	couriers *courierdb.Store
	now      time.Time
}

func (a offerDocuments) orders() docs.Collection[dispatch.Dispatch] {
	return docs.In[dispatch.Dispatch](a.db, "benchorders")
}

func (a offerDocuments) offers(order string) docs.Collection[dispatch.Offer] {
	return docs.In[dispatch.Offer](a.db, "benchorders", order, "offers")
}

func (a offerDocuments) offer(ctx context.Context, n int) error {
	_, d := offered(n, a.now)
	return a.db.Commit(ctx, a.writes(d)...)
}

// writes are those by which an order and its offers are what d says.
func (a offerDocuments) writes(d dispatch.Dispatch) (all []docs.Write) {
	for _, o := range d.Offers {
		all = append(all, a.offers(d.Order).Set(o.Courier, o))
	}
	d.Offers = nil
	return append(all, a.orders().Set(d.Order, d))
}

func (a offerDocuments) accept(ctx context.Context, n int, by string) error {
	return a.db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error { return a.acceptIn(tx, n, by) })
}

func (a offerDocuments) acceptIn(tx *docs.Tx, n int, by string) error {
	search, carrier := a.orders().Lookup(raced(n)), a.couriers.Lookup(courier.ID(by))
	fetch, offers := []docs.Fetcher{search, carrier}, make([]*docs.Lookup[dispatch.Offer], rivals)
	for i, id := range asked(n) {
		offers[i] = a.offers(raced(n)).Lookup(id)
		fetch = append(fetch, offers[i])
	}
	if err := tx.Fetch(fetch...); err != nil {
		return err
	}
	before := search.Data
	for _, o := range offers {
		before.Offers = append(before.Offers, o.Data)
	}
	after, err := before.Accept(by, a.now)
	if err != nil {
		return err
	}
	events := append(before.Facts(after, "", a.now), after.Event(), after.Closed(dispatch.OfferCancelled, before.Lost(after, by)...))
	tx.Write(a.writes(after)...)
	tx.Write(a.couriers.Replace(carrier, carrier.Data.Take(after.Order, 0)), docs.Emit(events...))
	return nil
}

// summed is a score that is made of all facts each time.
type summed struct {
	Packed []byte `firestore:"packed"`
}

// foldAll stores a fact and makes the courier's score anew, of all facts.
func foldAll(ctx context.Context, db *docs.DB, f score.Fact) error {
	facts := docs.In[score.Fact](db, "benchscores", f.Courier, "facts")
	if err := db.Commit(ctx, facts.Create(f.ID, f)); err != nil && !errors.Is(err, docs.ErrExists) {
		return err
	}
	all, err := facts.Query().Limit(10_000).All(ctx)
	if err != nil {
		return err
	}
	var l score.Ledger
	for _, known := range all {
		known.Data.ID = known.ID
		l = l.After(known.Data)
	}
	return db.Commit(ctx, docs.In[summed](db, "benchscores").Set(f.Courier, summed{l.Pack()}))
}
