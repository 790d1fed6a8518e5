package shopdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/shop"
)

// AnyVersion is expected by those who replace settings that they have not seen.
const AnyVersion = -1

// Author is who changes settings, and when.
type Author struct {
	By string
	At time.Time
}

// PutShop stores a shop, which is valid, as the version that follows expected; 0
// expects none. It returns [ErrStale], with what is stored, if that is another.
func (s *Store) PutShop(ctx context.Context, next shop.Shop, expected int, a Author) (shop.Shop, error) {
	return put(ctx, s.db, s.shops().Lookup(next.ID), expected, func(stored *docs.Lookup[shop.Shop]) (shop.Shop, []docs.Write) {
		next.Version, next.By, next.At = stored.Data.Version+1, a.By, a.At
		return next, []docs.Write{
			s.shops().Replace(stored, next), s.shopVersions(next.ID).Create(versionID(next.Version), next),
		}
	}, func(v shop.Shop) int { return v.Version })
}

// PutZone is [Store.PutShop] of a zone.
func (s *Store) PutZone(ctx context.Context, next shop.Zone, expected int, a Author) (shop.Zone, error) {
	return put(ctx, s.db, s.zones().Lookup(next.ID), expected, func(stored *docs.Lookup[shop.Zone]) (shop.Zone, []docs.Write) {
		next.Version, next.By, next.At = stored.Data.Version+1, a.By, a.At
		return next, []docs.Write{
			s.zones().Replace(stored, next), s.zoneVersions(next.ID).Create(versionID(next.Version), next),
		}
	}, func(v shop.Zone) int { return v.Version })
}

func (s *Store) shopVersions(id string) docs.Collection[shop.Shop] {
	return docs.In[shop.Shop](s.db, "shops", id, "versions")
}

func (s *Store) zoneVersions(id string) docs.Collection[shop.Zone] {
	return docs.In[shop.Zone](s.db, "zones", id, "versions")
}

// versionID sorts as versions do.
func versionID(n int) string { return fmt.Sprintf("%08d", n) }

// putTries bounds how often settings are put again that others put meanwhile.
const putTries = 4

func put[T any](ctx context.Context, db *docs.DB, l *docs.Lookup[T], expected int, next func(stored *docs.Lookup[T]) (T, []docs.Write), version func(T) int) (T, error) {
	for try := 1; ; try++ {
		if err := db.Fetch(ctx, l); err != nil {
			return l.Data, err
		}
		if n := version(l.Data); expected != AnyVersion && expected != n {
			return l.Data, fmt.Errorf("%w: version %d is stored, not %d", ErrStale, n, expected)
		}
		after, writes := next(l)
		err := db.Commit(ctx, writes...)
		raced := errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists)
		switch {
		case err == nil:
			return after, nil
		case !raced || try == putTries:
			return l.Data, fmt.Errorf("put settings %s: %w", l.ID, err)
		}
	}
}

// ShopVersions returns up to limit versions of a shop's settings below before (0
// for all), the newest first.
func (s *Store) ShopVersions(ctx context.Context, id string, before, limit int) ([]shop.Shop, error) {
	return history(ctx, s.shopVersions(id), before, limit)
}

// ZoneVersions is [Store.ShopVersions] of a zone.
func (s *Store) ZoneVersions(ctx context.Context, id string, before, limit int) ([]shop.Zone, error) {
	return history(ctx, s.zoneVersions(id), before, limit)
}

func history[T any](ctx context.Context, versions docs.Collection[T], before, limit int) ([]T, error) {
	query := versions.Query().OrderBy("version", docs.Desc).Limit(limit)
	if before > 0 {
		query = query.After(before)
	}
	return data(query.All(ctx))
}
