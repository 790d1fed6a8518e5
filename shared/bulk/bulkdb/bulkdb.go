// Package bulkdb reads and changes the items of shops for bulk operations.
//
// It touches the fields that operations know, and only where they changed; the
// rest of an item's document is the catalogue's.
package bulkdb

import (
	"context"

	"lastmile/shared/bulk"
	"lastmile/shared/docs"
)

// Store is the items of all shops.
type Store struct{ db *docs.DB }

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db} }

func (s *Store) items(shop string) docs.Collection[bulk.Item] {
	return docs.In[bulk.Item](s.db, "shops", shop, "items")
}

// Indexes are what the queries of this package need.
func Indexes() []docs.Index {
	return []docs.Index{
		{Collection: "items", Fields: []string{"category", "price.amount"}},
		{Collection: "items", Fields: []string{"available", "price.amount"}},
		{Collection: "items", Fields: []string{"category", "available", "price.amount"}},
	}
}

// Item returns a lookup of the item whose document has this id.
func (s *Store) Item(shop, id string) *docs.Lookup[bulk.Item] { return s.items(shop).Lookup(id) }

// Change returns the write that makes the item that was fetched as l what after
// is. The commit returns [docs.ErrConflict] if it has been written since.
func (s *Store) Change(shop string, l *docs.Lookup[bulk.Item], after bulk.Item) docs.Write {
	before := l.Data
	var fields []docs.Field
	if after.Price != before.Price {
		fields = append(fields, docs.Field{Path: []string{"price", "amount"}, Value: after.Price.Amount})
	}
	if after.Stock != before.Stock || after.StockKnown != before.StockKnown {
		fields = append(fields, docs.Field{Path: []string{"stock"}, Value: after.Stock}, docs.Field{Path: []string{"stockKnown"}, Value: after.StockKnown})
	}
	if after.Available != before.Available {
		fields = append(fields, docs.Field{Path: []string{"available"}, Value: after.Available})
	}
	return s.items(shop).Update(l, fields...)
}

// listed is what the selection of items reads of them.
type listed struct {
	ID    string     `firestore:"id"`
	Price bulk.Price `firestore:"price"`
}

// read is how many ids one query reads.
const read = 1000

// Matching calls f with the ids of the items that a filter selects, a part at a
// time, in one pass over them.
func (s *Store) Matching(ctx context.Context, shop string, filter bulk.Filter, f func(ids []string) error) error {
	query := s.query(shop, filter)
	for next := query; ; {
		found, err := next.All(ctx)
		if err != nil {
			return err
		}
		ids := make([]string, len(found))
		for i, d := range found {
			ids[i] = d.Data.ID
		}
		if err := f(ids); err != nil || len(found) < read {
			return err
		}
		last := found[len(found)-1]
		if filter.Priced() {
			next = query.After(last.Data.Price.Amount, last.ID)
		} else {
			next = query.After(last.ID)
		}
	}
}

func (s *Store) query(shop string, filter bulk.Filter) docs.Query[listed] {
	q := docs.In[listed](s.db, "shops", shop, "items").Query().Select("id", "price.amount").Limit(read)
	if filter.Category != "" {
		q = q.Where("category", "==", filter.Category)
	}
	if filter.Available != nil {
		q = q.Where("available", "==", *filter.Available)
	}
	if !filter.Priced() {
		return q.OrderBy("__name__", docs.Asc)
	}
	q = q.Where("price.amount", ">=", filter.MinPrice)
	if filter.MaxPrice > 0 {
		q = q.Where("price.amount", "<=", filter.MaxPrice)
	}
	return q.OrderBy("price.amount", docs.Asc).OrderBy("__name__", docs.Asc)
}
