package orderdb

import (
	"context"

	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// Query selects orders. Empty fields select all; of the first four at most one
// is set, and of State and Open.
type Query struct {
	Customer, Shop, Courier, Zone string

	State order.State
	Open  bool // only those that are open

	After docs.Place // of the last order of the list before
	Limit int
}

// List returns orders, the newest first.
func (s *Store) List(ctx context.Context, q Query) ([]order.Order, error) {
	rows, err := s.query(q).All(ctx)
	var found []order.Order
	for _, r := range rows {
		found = append(found, r.Data)
	}
	return found, err
}

func (s *Store) query(q Query) docs.Query[order.Order] {
	query := s.orders().Query().Limit(q.Limit)
	for _, by := range []struct{ field, value string }{
		{"customer", q.Customer}, {"shop", q.Shop}, {"courier", q.Courier}, {"zone", q.Zone}, {"state", string(q.State)},
	} {
		if by.value != "" {
			query = query.Where(by.field, "==", by.value)
		}
	}
	if q.Open && q.State == "" {
		query = query.Where("open", "==", true)
	}
	return query.Beyond(q.After, "placedAt", docs.Desc)
}
