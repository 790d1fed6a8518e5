// Package orderdb keeps orders in Firestore.
//
// It owns the collections orders and shops/{shop}/stock, and reads the stock of
// shops/{shop}/items. It promises that an order and the stock it holds change in
// one commit, with the events of the change, and that no change overwrites
// another: of concurrent orders of the last items exactly as many are placed as
// there are items.
package orderdb

import (
	"context"
	"errors"
	"fmt"

	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// Store keeps orders. It is safe for concurrent use.
type Store struct {
	db    *docs.DB
	tills tills
}

// New returns a Store in db. Stores are best shared: the orders that wait at one
// for the same shop are placed together.
func New(db *docs.DB) *Store { return &Store{db: db} }

func (s *Store) orders() docs.Collection[order.Order] { return docs.In[order.Order](s.db, "orders") }

// Lookup returns a lookup of an order, for those who read it with other
// documents.
func (s *Store) Lookup(id order.ID) *docs.Lookup[order.Order] { return s.orders().Lookup(string(id)) }

// Get returns an order, or [order.ErrUnknown].
func (s *Store) Get(ctx context.Context, id order.ID) (order.Order, error) {
	o, err := s.orders().Get(ctx, string(id))
	return o, known(err, id)
}

func known(err error, id order.ID) error {
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return fmt.Errorf("%w %q", order.ErrUnknown, id)
	}
	return err
}

// Transition returns the writes that make the order that was fetched as l what
// after is, with the events that follow. The commit returns [docs.ErrConflict] if
// the order has been written since. It leaves stock alone: only [Store.Change]
// takes an order out of its shop.
func (s *Store) Transition(l *docs.Lookup[order.Order], after order.Order) []docs.Write {
	return []docs.Write{
		s.orders().Replace(l, after),
		docs.Emit(after.Follow(l.Data)...),
	}
}

// Indexes are what the queries of this package need: every list of [Query], the
// newest first.
func Indexes() []docs.Index {
	var all []docs.Index
	for _, owner := range []string{"", "customer", "shop", "courier", "zone"} {
		for _, filter := range []string{"", "state", "open"} {
			var fields []string
			for _, f := range []string{owner, filter} {
				if f != "" {
					fields = append(fields, f)
				}
			}
			if len(fields) > 0 {
				all = append(all, docs.Index{Collection: "orders", Fields: append(fields, "-placedAt")})
			}
		}
	}
	return all
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	var all []docs.Plain
	for _, f := range []string{
		"pickup", "dropoff", "lines", "price", "closing", "rating", "proof", "quote",
		"acceptedAt", "promisedAt", "readyAt", "assignedAt", "pickedUpAt", "deliveredAt", "closedAt",
	} {
		all = append(all, docs.Plain{Collection: "orders", Field: f})
	}
	return append(all, docs.Plain{Collection: "stock", Field: "shelves"})
}
