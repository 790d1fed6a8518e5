package assigndb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
)

// ErrStale is returned to those who replace a version that is not the newest.
var ErrStale = errors.New("somebody changed it since")

// AnyVersion is expected by those who replace settings that they have not seen.
const AnyVersion = -1

// Revision is one version of a zone's settings; version 0 is
// [dispatch.Standard].
type Revision struct {
	Zone     string            `json:"zone" firestore:"zone"`
	Version  int               `json:"version" firestore:"version"`
	By       string            `json:"by" firestore:"by"`
	At       time.Time         `json:"at" firestore:"at"`
	Settings dispatch.Settings `json:"settings" firestore:"settings"`
}

func (s *Store) settings() docs.Collection[Revision] {
	return docs.In[Revision](s.db, "dispatchsettings")
}

func (s *Store) revisions(zone string) docs.Collection[Revision] {
	return docs.In[Revision](s.db, "dispatchsettings", zone, "versions")
}

// versionID sorts as versions do.
func versionID(n int) string { return fmt.Sprintf("%08d", n) }

func revision(l *docs.Lookup[Revision]) Revision {
	if !l.Exists {
		return Revision{Zone: l.ID, By: "lastmile", Settings: dispatch.Standard()}
	}
	r := l.Data
	r.Settings = r.Settings.Filled()
	return r
}

// Settings returns the newest version of a zone's settings.
func (s *Store) Settings(ctx context.Context, zone string) (Revision, error) {
	l := s.settings().Lookup(zone)
	err := s.db.Fetch(ctx, l)
	return revision(l), err
}

// PutSettings stores a zone's settings as the version that follows expected, or
// returns [ErrStale] with what is stored, or what [dispatch.Settings.Check] says.
func (s *Store) PutSettings(ctx context.Context, zone string, c dispatch.Settings, expected int, by string, now time.Time) (Revision, error) {
	c = c.Filled()
	if err := c.Check(); err != nil {
		return Revision{}, err
	}
	l := s.settings().Lookup(zone)
	if err := s.db.Fetch(ctx, l); err != nil {
		return Revision{}, err
	}
	before := revision(l)
	if expected != AnyVersion && before.Version != expected {
		return before, fmt.Errorf("%w: version %d is stored, not %d", ErrStale, before.Version, expected)
	}
	next := Revision{Zone: zone, Version: before.Version + 1, By: by, At: now, Settings: c}
	err := s.db.Commit(ctx, s.settings().Replace(l, next), s.revisions(zone).Create(versionID(next.Version), next))
	if errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists) {
		return before, fmt.Errorf("%w: %w", ErrStale, err)
	}
	return next, err
}

// History returns up to limit versions of a zone's settings below before (0 for
// all), the newest first.
func (s *Store) History(ctx context.Context, zone string, before, limit int) ([]Revision, error) {
	query := s.revisions(zone).Query().OrderBy("version", docs.Desc).Limit(limit)
	if before > 0 {
		query = query.After(before)
	}
	return data(query.All(ctx))
}
