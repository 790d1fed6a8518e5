package shopdb

import (
	"context"

	"lastmile/shared/docs"
	"lastmile/shared/shop"
)

// Shops returns up to limit shops of a zone ("" for all zones), in the order of
// their ids, after the one with the id after.
func (s *Store) Shops(ctx context.Context, zone, after string, limit int) ([]shop.Shop, error) {
	query := s.shops().Query()
	if zone != "" {
		query = query.Where("zone", "==", zone)
	}
	return data(page(query, after, limit).All(ctx))
}

// Zones returns up to limit zones, in the order of their ids, after the one with
// the id after.
func (s *Store) Zones(ctx context.Context, after string, limit int) ([]shop.Zone, error) {
	return data(page(s.zones().Query(), after, limit).All(ctx))
}

func page[T any](query docs.Query[T], after string, limit int) docs.Query[T] {
	query = query.OrderBy("__name__", docs.Asc).Limit(limit)
	if after != "" {
		query = query.After(after)
	}
	return query
}

func data[T any](found []docs.Doc[T], err error) ([]T, error) {
	all := make([]T, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	return all, err
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	var all []docs.Plain
	for _, f := range []string{"hours", "point", "name", "address", "phone", "at"} {
		all = append(all, docs.Plain{Collection: "shops", Field: f})
	}
	for _, f := range []string{"area", "fees", "name", "at"} {
		all = append(all, docs.Plain{Collection: "zones", Field: f})
	}
	return all
}
