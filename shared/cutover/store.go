package cutover

import (
	"context"
	"fmt"
	"time"

	"lastmile/shared/docs"
)

// Store keeps the settings and comparisons of all cut-overs, each by the name of
// the function in service.
type Store struct {
	db  *docs.DB
	now func() time.Time
}

// NewStore returns a Store in db; a nil now is [time.Now].
func NewStore(db *docs.DB, now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{db: db, now: now}
}

// settings are keyed by function. The key of everyone is not empty there, as
// Firestore allows no empty field name.
func (s *Store) settings() docs.Collection[Setting] { return docs.In[Setting](s.db, "cutovers") }

// Setting returns the setting of a function.
func (s *Store) Setting(ctx context.Context, function string) (Setting, error) {
	l := s.settings().Lookup(function)
	if err := s.db.Fetch(ctx, l); err != nil {
		return Setting{}, fmt.Errorf("cut-over of %s: %w", function, err)
	}
	return l.Data.named(), nil
}

// Flip makes a path live for the events of a tenant, or of [Everyone], that
// happen from [Notice] after now on. It returns when that is. By is who asked for
// it.
func (s *Store) Flip(ctx context.Context, function, tenant string, to Path, by string) (time.Time, error) {
	made := Flip{}
	err := s.db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error {
		l := s.settings().Lookup(function)
		if err := tx.Fetch(l); err != nil {
			return err
		}
		changed, f, err := l.Data.named().flip(tenant, Flip{Path: to, By: by}, s.now())
		if err != nil {
			return err
		}
		made = f
		tx.Write(s.settings().Set(function, changed.stored()))
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("flip %s: %w", function, err)
	}
	return made.At, nil
}

// The names of tenants as fields: everyone's is empty.
const fieldPrefix = "tenant:"

func (s Setting) stored() Setting {
	return s.renamed(func(tenant string) string { return fieldPrefix + tenant })
}

func (s Setting) named() Setting {
	return s.renamed(func(field string) string { return field[len(fieldPrefix):] })
}

func (s Setting) renamed(name func(string) string) Setting {
	r := Setting{Flips: make(map[string][]Flip, len(s.Flips))}
	for k, fs := range s.Flips {
		r.Flips[name(k)] = fs
	}
	return r
}
