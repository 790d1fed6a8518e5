// Package courierdb keeps couriers in Firestore.
//
// It owns the collection couriers. It promises that no change of a courier
// overwrites another ([Store.Change]).
package courierdb

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"lastmile/shared/courier"
	"lastmile/shared/docs"
)

// ErrExists is returned for the creation of a courier that is there.
var ErrExists = errors.New("courier exists")

// Store keeps couriers. It is safe for concurrent use.
type Store struct{ db *docs.DB }

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db} }

func (s *Store) couriers() docs.Collection[courier.Courier] {
	return docs.In[courier.Courier](s.db, "couriers")
}

// Lookup returns a lookup of a courier, for those who read them with other
// documents.
func (s *Store) Lookup(id courier.ID) *docs.Lookup[courier.Courier] {
	return s.couriers().Lookup(string(id))
}

// Replace returns the write that makes the courier that was fetched as l what c
// is; the commit returns [docs.ErrConflict] if they have been written since.
func (s *Store) Replace(l *docs.Lookup[courier.Courier], c courier.Courier) docs.Write {
	return s.couriers().Replace(l, c)
}

// Get returns a courier, or [courier.ErrUnknown].
func (s *Store) Get(ctx context.Context, id courier.ID) (courier.Courier, error) {
	c, err := s.couriers().Get(ctx, string(id))
	return c, known(err, id)
}

func known(err error, id courier.ID) error {
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return fmt.Errorf("%w %q", courier.ErrUnknown, id)
	}
	return err
}

// Create stores a courier, or returns [ErrExists].
func (s *Store) Create(ctx context.Context, c courier.Courier) error {
	err := s.db.Commit(ctx, s.couriers().Create(string(c.ID), c))
	if errors.Is(err, docs.ErrExists) {
		return fmt.Errorf("%w: %s", ErrExists, c.ID)
	}
	return err
}

// changeTries bounds how often a change is tried again on a courier whom others
// change at the same time.
const changeTries = 5

// Change stores f of a courier. Where another change comes between, f sees that
// one; an error of f changes nothing, as does an f that changes nothing.
func (s *Store) Change(ctx context.Context, id courier.ID, f func(courier.Courier) (courier.Courier, error)) (courier.Courier, error) {
	for try := 1; ; try++ {
		c, err := s.change(ctx, id, f)
		if !errors.Is(err, docs.ErrConflict) || try == changeTries {
			return c, err
		}
	}
}

func (s *Store) change(ctx context.Context, id courier.ID, f func(courier.Courier) (courier.Courier, error)) (courier.Courier, error) {
	l := s.Lookup(id)
	if err := s.db.Fetch(ctx, l); err != nil {
		return l.Data, known(err, id)
	}
	if !l.Exists {
		return l.Data, fmt.Errorf("%w %q", courier.ErrUnknown, id)
	}
	after, err := f(l.Data)
	if err != nil || reflect.DeepEqual(after, l.Data) {
		return l.Data, err
	}
	if err := s.db.Commit(ctx, s.Replace(l, after)); err != nil {
		return l.Data, fmt.Errorf("change courier %s: %w", id, err)
	}
	return after, nil
}

// Query selects couriers. Empty fields select all.
type Query struct {
	Zone   string
	OnDuty bool // only those on duty

	After courier.ID // the last one of the page before
	Limit int
}

// List returns couriers in the order of their ids.
func (s *Store) List(ctx context.Context, q Query) ([]courier.Courier, error) {
	query := s.couriers().Query().Limit(q.Limit)
	if q.Zone != "" {
		query = query.Where("zone", "==", q.Zone)
	}
	if q.OnDuty {
		query = query.Where("onDuty", "==", true)
	}
	query = query.OrderBy("__name__", docs.Asc)
	if q.After != "" {
		query = query.After(string(q.After))
	}
	found, err := query.All(ctx)
	all := make([]courier.Courier, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	return all, err
}

// Indexes are what the queries of this package need.
func Indexes() []docs.Index {
	return []docs.Index{{Collection: "couriers", Fields: []string{"zone", "onDuty"}}}
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	var all []docs.Plain
	for _, f := range []string{"name", "load", "since", "shiftEnds", "updated", "by", "version", "capacity", "cashLimit"} {
		all = append(all, docs.Plain{Collection: "couriers", Field: f})
	}
	return all
}
