// Package authdb keeps sessions, accounts and identities in Firestore.
//
// It owns the collections sessions, by the hash of the handle; accounts, by
// entity and id; and identities, by the hash of issuer and subject.
package authdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
)

// Store is an [auth.Store] and an [auth.Loader]. It is safe for concurrent use.
type Store struct{ db *docs.DB }

// New returns the Store in db.
func New(db *docs.DB) *Store { return &Store{db} }

// kept is how long an ended session is remembered.
const kept = 30 * 24 * time.Hour

// session is a document.
type session struct {
	auth.Session
	Caller string    `firestore:"caller"`
	Live   bool      `firestore:"live"`
	Gone   time.Time `firestore:"gone"` // when Firestore may delete it
}

func (s *Store) sessions() docs.Collection[session] { return docs.In[session](s.db, "sessions") }

// Indexes are those that the queries need.
func Indexes() []docs.Index {
	return []docs.Index{{Collection: "sessions", Fields: []string{"caller", "live", "-created"}}}
}

// Expiries are the fields after whose time documents are deleted.
func Expiries() []docs.Expiry { return []docs.Expiry{{Collection: "sessions", Field: "gone"}} }

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{
		{Collection: "sessions", Field: "expires"}, {Collection: "sessions", Field: "agent"},
		{Collection: "sessions", Field: "entity"}, {Collection: "sessions", Field: "subject"},
	}
}

// Create implements [auth.Store].
func (s *Store) Create(ctx context.Context, begun auth.Session) error {
	return s.db.Commit(ctx, s.sessions().Create(begun.ID, session{
		Session: begun, Caller: callerOf(begun.Entity, begun.Subject), Live: true, Gone: begun.Expires.Add(kept),
	}))
}

func callerOf(e auth.Entity, id string) string { return auth.Caller{Entity: e, ID: id}.String() }

// Get implements [auth.Store].
func (s *Store) Get(ctx context.Context, id string) (auth.Session, error) {
	found, err := s.sessions().Get(ctx, id)
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return auth.Session{}, auth.ErrNoSession
	}
	if err != nil {
		return auth.Session{}, fmt.Errorf("session %s: %w", id, err)
	}
	return found.Session, nil
}

// Of implements [auth.Store].
func (s *Store) Of(ctx context.Context, e auth.Entity, subject string, now time.Time, limit int) ([]auth.Session, error) {
	found, err := s.sessions().Where("caller", "==", callerOf(e, subject)).Where("live", "==", true).
		OrderBy("created", docs.Desc).Limit(limit).All(ctx)
	if err != nil {
		return nil, err
	}
	var live []auth.Session
	for _, d := range found {
		if now.Before(d.Data.Expires) {
			live = append(live, d.Data.Session)
		}
	}
	return live, nil
}

// Revoke implements [auth.Store].
func (s *Store) Revoke(ctx context.Context, at time.Time, ids ...string) error {
	writes := make([]docs.Write, len(ids))
	for i, id := range ids {
		writes[i] = s.sessions().Update(s.sessions().Lookup(id),
			docs.Field{Path: []string{"revoked"}, Value: at}, docs.Field{Path: []string{"live"}, Value: false})
	}
	return s.db.Commit(ctx, writes...)
}

// maxRevoked bounds how many revocations Redis is told of again after it has lost
// them.
const maxRevoked = 10_000

// RevokedSince implements [auth.Store].
func (s *Store) RevokedSince(ctx context.Context, t time.Time) (map[string]time.Time, error) {
	found, err := s.sessions().Where("revoked", ">", t).OrderBy("revoked", docs.Desc).Select("revoked").Limit(maxRevoked).All(ctx)
	if err != nil {
		return nil, err
	}
	revoked := make(map[string]time.Time, len(found))
	for _, d := range found {
		revoked[d.ID] = d.Data.Revoked
	}
	return revoked, nil
}
