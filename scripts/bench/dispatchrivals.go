package main

import (
	"context"
	"errors"
	"fmt"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
	"lastmile/shared/docs"
	"lastmile/shared/score"
)

// singleOffer is an offer as a document of its own, as is usual.
type singleOffer struct {
	Courier string `firestore:"courier"`
	State   string `firestore:"state"`
}

// carrier is a courier in the same design.
type carrier struct {
	Orders int `firestore:"orders"`
}

// benchOfferDocuments measures the usual way to accept: a transaction that reads
// the documents of all offers, and writes each of them.
func benchOfferDocuments(ctx context.Context, db *docs.DB, races, abreast, rivals int, rate func(accepting) (float64, error)) (float64, error) {
	for n := range races {
		var writes []docs.Write
		for c := range rivals {
			id := string(rival(n%abreast, c))
			writes = append(writes, offersOf(db, fmt.Sprint("order-", n)).Set(id, singleOffer{id, "offered"}))
		}
		if err := db.Commit(ctx, writes...); err != nil {
			return 0, err
		}
	}
	return rate(func(order string, c courier.ID) error {
		return db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error { return acceptOne(db, tx, order, c, abreast, rivals) })
	})
}

func offersOf(db *docs.DB, order string) docs.Collection[singleOffer] {
	return docs.In[singleOffer](db, "benchorders", order, "offers")
}

// acceptOne gives an order to a courier, if no other offer has been accepted.
func acceptOne(db *docs.DB, tx *docs.Tx, order string, by courier.ID, abreast, rivals int) error {
	var number int
	if _, err := fmt.Sscanf(order, "order-%d", &number); err != nil {
		return err
	}
	load := docs.In[carrier](db, "benchcouriers").Lookup(string(by))
	fetch, offers := []docs.Fetcher{load}, make([]*docs.Lookup[singleOffer], rivals)
	for c := range rivals {
		offers[c] = offersOf(db, order).Lookup(string(rival(number%abreast, c)))
		fetch = append(fetch, offers[c])
	}
	if err := tx.Fetch(fetch...); err != nil {
		return err
	}
	for _, o := range offers {
		switch {
		case o.Data.State == "accepted":
			return dispatch.ErrTaken
		case o.ID == string(by):
			tx.Write(offersOf(db, order).Set(o.ID, singleOffer{o.ID, "accepted"}))
		default:
			tx.Write(offersOf(db, order).Set(o.ID, singleOffer{o.ID, "cancelled"}))
		}
	}
	tx.Write(docs.In[carrier](db, "benchcouriers").Set(string(by), carrier{load.Data.Orders + 1}))
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
