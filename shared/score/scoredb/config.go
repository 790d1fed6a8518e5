package scoredb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/score"
)

// ErrStale is returned to those who replace a version that is not the newest.
var ErrStale = errors.New("somebody changed it since")

// AnyVersion is expected by those who replace a config that they have not seen.
const AnyVersion = -1

// Revision is one version of the config; version 0 is [score.Standard].
type Revision struct {
	Version int          `json:"version" firestore:"version"`
	By      string       `json:"by" firestore:"by"`
	At      time.Time    `json:"at" firestore:"at"`
	Config  score.Config `json:"config" firestore:"config"`
}

// current is the one document of scoreconfig.
const current = "current"

func (s *Store) configs() docs.Collection[Revision] { return docs.In[Revision](s.db, "scoreconfig") }

func (s *Store) revisions() docs.Collection[Revision] {
	return docs.In[Revision](s.db, "scoreconfig", current, "versions")
}

// versionID sorts as versions do.
func versionID(n int) string { return fmt.Sprintf("%08d", n) }

// Config returns the newest version of the config.
func (s *Store) Config(ctx context.Context) (Revision, error) {
	l := s.configs().Lookup(current)
	err := s.db.Fetch(ctx, l)
	return revision(l), err
}

func revision(l *docs.Lookup[Revision]) Revision {
	if !l.Exists {
		return Revision{By: "lastmile", Config: score.Standard()}
	}
	return l.Data
}

// PutConfig stores a config as the version that follows expected, or returns
// [ErrStale], or what [score.Config.Check] says.
func (s *Store) PutConfig(ctx context.Context, c score.Config, expected int, by string, now time.Time) (Revision, error) {
	if err := c.Check(); err != nil {
		return Revision{}, err
	}
	l := s.configs().Lookup(current)
	if err := s.db.Fetch(ctx, l); err != nil {
		return Revision{}, err
	}
	before := revision(l)
	if expected != AnyVersion && before.Version != expected {
		return before, fmt.Errorf("%w: version %d is stored, not %d", ErrStale, before.Version, expected)
	}
	next := Revision{Version: before.Version + 1, By: by, At: now, Config: c}
	err := s.db.Commit(ctx, s.configs().Replace(l, next), s.revisions().Create(versionID(next.Version), next))
	if errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists) {
		return before, fmt.Errorf("%w: %w", ErrStale, err)
	}
	return next, err
}

// ConfigHistory returns up to limit versions below before (0 for all), the newest
// first.
func (s *Store) ConfigHistory(ctx context.Context, before, limit int) ([]Revision, error) {
	query := s.revisions().Query().OrderBy("version", docs.Desc).Limit(limit)
	if before > 0 {
		query = query.After(before)
	}
	return data(query.All(ctx))
}

func data[T any](found []docs.Doc[T], err error) ([]T, error) {
	all := make([]T, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	return all, err
}
