package catalogdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/docs"
)

// Get returns a shop's catalogue, or [ErrNoCatalog].
func (s *Store) Get(ctx context.Context, shop string) (Catalog, error) {
	c, err := s.catalogs().Get(ctx, shop)
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return c, fmt.Errorf("%w: shop %s", ErrNoCatalog, shop)
	}
	return c, err
}

// putTries bounds how often settings are put again because a sync noted
// something beside them.
const putTries = 4

// AnyVersion is expected by those who replace settings that they have not seen.
const AnyVersion = -1

// Put stores settings, which are valid, as the version that follows expected; 0
// expects none. It returns [ErrStale], with what is stored, if that is another.
func (s *Store) Put(ctx context.Context, settings catalog.Settings, expected int, by string, now time.Time) (Catalog, error) {
	for try := 1; ; try++ {
		c, err := s.put(ctx, settings, expected, by, now)
		if !errors.Is(err, docs.ErrConflict) && !errors.Is(err, docs.ErrExists) || try == putTries {
			return c, err
		}
	}
}

func (s *Store) put(ctx context.Context, settings catalog.Settings, expected int, by string, now time.Time) (Catalog, error) {
	l := s.catalogs().Lookup(settings.Shop)
	if err := s.db.Fetch(ctx, l); err != nil {
		return l.Data, err
	}
	version := l.Data.Current.Version
	if expected != AnyVersion && expected != version {
		return l.Data, fmt.Errorf("%w: version %d is stored, not %d", ErrStale, version, expected)
	}
	c := l.Data
	c.Current = Revision{Version: version + 1, By: by, At: now, Settings: settings}
	c.Active = settings.Active
	err := s.db.Commit(ctx,
		s.catalogs().Replace(l, c),
		s.revisions(settings.Shop).Create(versionID(version+1), c.Current))
	if err != nil {
		return l.Data, fmt.Errorf("put catalogue of shop %s: %w", settings.Shop, err)
	}
	return c, nil
}

func (s *Store) revisions(shop string) docs.Collection[Revision] {
	return docs.In[Revision](s.db, "catalogs", shop, "versions")
}

// versionID sorts as versions do.
func versionID(n int) string { return fmt.Sprintf("%08d", n) }

// History returns up to limit versions of a shop's settings below before (0 for
// all), the newest first.
func (s *Store) History(ctx context.Context, shop string, before, limit int) ([]Revision, error) {
	query := s.revisions(shop).Query().OrderBy("version", docs.Desc).Limit(limit)
	if before > 0 {
		query = query.After(before)
	}
	return data(query.All(ctx))
}

// Active calls f with the catalogues whose syncs are switched on, a part at a
// time.
func (s *Store) Active(ctx context.Context, f func([]Catalog) error) error {
	const part = 200
	query := s.catalogs().Where("active", "==", true).OrderBy("__name__", docs.Asc).Limit(part)
	for next := query; ; {
		found, err := data(next.All(ctx))
		if err != nil {
			return err
		}
		if err := f(found); err != nil || len(found) < part {
			return err
		}
		next = query.After(found[len(found)-1].Current.Settings.Shop)
	}
}

func data[T any](found []docs.Doc[T], err error) ([]T, error) {
	all := make([]T, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	return all, err
}
