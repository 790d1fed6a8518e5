package authdb

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
)

// identity says whose the identity of an issuer is.
type identity struct {
	Issuer  string      `firestore:"issuer"`
	Subject string      `firestore:"subject"`
	Entity  auth.Entity `firestore:"entity"`
	ID      string      `firestore:"id"`
	Created time.Time   `firestore:"created"`
}

func (s *Store) accounts() docs.Collection[auth.Account] {
	return docs.In[auth.Account](s.db, "accounts")
}

func (s *Store) identities() docs.Collection[identity] {
	return docs.In[identity](s.db, "identities")
}

// Load implements [auth.Loader].
func (s *Store) Load(ctx context.Context, e auth.Entity, id string) (auth.Account, error) {
	a, err := s.accounts().Get(ctx, callerOf(e, id))
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return a, auth.ErrNoAccount
	}
	return a, err
}

// Save makes an account, or changes it.
func (s *Store) Save(ctx context.Context, e auth.Entity, id string, a auth.Account) error {
	if err := s.db.Commit(ctx, s.accounts().Set(callerOf(e, id), a)); err != nil {
		return fmt.Errorf("account %s: %w", callerOf(e, id), err)
	}
	return nil
}

func identityKey(issuer, subject string, e auth.Entity) string {
	h := sha256.Sum256([]byte(issuer + "\x00" + subject + "\x00" + string(e)))
	return base64.RawURLEncoding.EncodeToString(h[:])
}
