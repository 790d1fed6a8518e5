package catalogdb

import (
	"context"
	"slices"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
)

// ItemQuery selects items. Empty fields select all.
type ItemQuery struct {
	Category  string
	Available *bool

	// Words are what words of the name begin with, in the form of [catalog.Words].
	Words []string

	// After is the id of the last item of the page before.
	After string
	Limit int
}

// examined is how many times as many items a search for several words examines
// as it returns at most: the database knows only one of the words.
const examined = 4

// Items returns a shop's items in the order of their documents.
func (s *Store) Items(ctx context.Context, shop string, q ItemQuery) ([]Item, error) {
	found, _, err := s.Page(ctx, shop, q)
	return found, err
}

// Page is [Store.Items] with the id after which the next page begins; empty for
// the last page. A page of a search may hold fewer items than its limit.
func (s *Store) Page(ctx context.Context, shop string, q ItemQuery) (found []Item, next string, err error) {
	limit := q.Limit
	if len(q.Words) > 1 {
		q.Limit *= examined
	}
	rows, err := data(s.query(shop, q).All(ctx))
	if err != nil {
		return nil, "", err
	}
	for i, item := range rows {
		if catalog.Matches(item.Name, q.Words) {
			found = append(found, item)
		}
		if len(found) == limit || i == q.Limit-1 {
			return found, item.ID, nil
		}
	}
	return found, "", nil
}

func (s *Store) query(shop string, q ItemQuery) docs.Query[Item] {
	query := s.items(shop).Query()
	if q.Category != "" {
		query = query.Where("category", "==", q.Category)
	}
	if q.Available != nil {
		query = query.Where("available", "==", *q.Available)
	}
	if len(q.Words) > 0 {
		longest := slices.MaxFunc(q.Words, func(a, b string) int { return len(a) - len(b) })
		query = query.Where("terms", "array-contains", catalog.Term(longest))
	}
	query = query.OrderBy("__name__", docs.Asc).Limit(q.Limit)
	if q.After != "" {
		query = query.After(catalog.DocID(q.After))
	}
	return query
}
