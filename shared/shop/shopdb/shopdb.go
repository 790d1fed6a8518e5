// Package shopdb keeps shops and zones in Firestore.
//
// It owns the collections shops and zones, with their versions. It promises that
// who edits settings overwrites no change that they have not seen, and that
// every version is kept, with who made it and when.
package shopdb

import (
	"context"
	"errors"
	"fmt"

	"lastmile/shared/docs"
	"lastmile/shared/shop"
)

// ErrStale is returned for a change of settings that have been changed since.
var ErrStale = errors.New("settings have been changed")

// Store keeps shops and zones. It is safe for concurrent use.
type Store struct{ db *docs.DB }

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db} }

func (s *Store) shops() docs.Collection[shop.Shop] { return docs.In[shop.Shop](s.db, "shops") }

func (s *Store) zones() docs.Collection[shop.Zone] { return docs.In[shop.Zone](s.db, "zones") }

// LookupShop returns a lookup of a shop, for those who read it with other
// documents.
func (s *Store) LookupShop(id string) *docs.Lookup[shop.Shop] { return s.shops().Lookup(id) }

// LookupZone returns a lookup of a zone.
func (s *Store) LookupZone(id string) *docs.Lookup[shop.Zone] { return s.zones().Lookup(id) }

// Shop returns a shop, or [shop.ErrUnknown].
func (s *Store) Shop(ctx context.Context, id string) (shop.Shop, error) {
	found, err := s.shops().Get(ctx, id)
	return found, known(err, shop.ErrUnknown, id)
}

// Zone returns a zone, or [shop.ErrUnknownZone].
func (s *Store) Zone(ctx context.Context, id string) (shop.Zone, error) {
	found, err := s.zones().Get(ctx, id)
	return found, known(err, shop.ErrUnknownZone, id)
}

func known(err, unknown error, id string) error {
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return fmt.Errorf("%w %q", unknown, id)
	}
	return err
}
