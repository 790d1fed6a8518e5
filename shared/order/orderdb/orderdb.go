// Package orderdb keeps orders in Firestore.
//
// It owns the collections orders and shops/{shop}/stock. It promises that an
// order and the stock it holds change in one commit, with the events of the
// change, and that no change overwrites another: of concurrent orders of the
// last items exactly as many are placed as there are items.
package orderdb

import (
	"context"
	"errors"
	"fmt"

	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// Store keeps orders. It is safe for concurrent use.
type Store struct{ db *docs.DB }

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db: db} }

func (s *Store) orders() docs.Collection[order.Order] { return docs.In[order.Order](s.db, "orders") }

// Lookup returns a lookup of an order, for those who read it with other
// documents.
func (s *Store) Lookup(id order.ID) *docs.Lookup[order.Order] { return s.orders().Lookup(string(id)) }

// Get returns an order, or [order.ErrUnknown].
func (s *Store) Get(ctx context.Context, id order.ID) (order.Order, error) {
	o, err := s.orders().Get(ctx, string(id))
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return o, fmt.Errorf("%w %q", order.ErrUnknown, id)
	}
	return o, err
}
