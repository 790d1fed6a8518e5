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

// standing is what is known elsewhere of who has an account.
type standing struct {
	Disabled bool `firestore:"disabled"`
}

// Load implements [auth.Loader]. A courier whom an operator has disabled may sign
// in no more than one whose account is.
func (s *Store) Load(ctx context.Context, e auth.Entity, id string) (auth.Account, error) {
	account := s.accounts().Lookup(callerOf(e, id))
	fetch, courier := []docs.Fetcher{account}, docs.In[standing](s.db, "couriers").Lookup(id)
	if e == auth.Courier {
		fetch = append(fetch, courier)
	}
	err := s.db.Fetch(ctx, fetch...)
	if errors.Is(err, docs.ErrBadID) || err == nil && !account.Exists {
		return auth.Account{}, auth.ErrNoAccount
	}
	account.Data.Disabled = account.Data.Disabled || courier.Data.Disabled
	return account.Data, err
}

// Save makes an account, or changes it.
func (s *Store) Save(ctx context.Context, e auth.Entity, id string, a auth.Account) error {
	if err := s.db.Commit(ctx, s.accounts().Set(callerOf(e, id), a)); err != nil {
		return fmt.Errorf("account %s: %w", callerOf(e, id), err)
	}
	return nil
}

// Bind makes an identity that of an account.
func (s *Store) Bind(ctx context.Context, who auth.Identity, e auth.Entity, id string, now time.Time) error {
	err := s.db.Commit(ctx, s.identities().Set(identityKey(who, e), identity{who.Issuer, who.Subject, e, id, now}))
	if err != nil {
		return fmt.Errorf("identity of %s: %w", callerOf(e, id), err)
	}
	return nil
}

// Whose returns the id of the entity that an identity is, or [auth.ErrNoIdentity].
func (s *Store) Whose(ctx context.Context, who auth.Identity, e auth.Entity) (string, error) {
	found, err := s.identities().Get(ctx, identityKey(who, e))
	if errors.Is(err, docs.ErrNotFound) {
		return "", auth.ErrNoIdentity
	}
	return found.ID, err
}

// SignUp makes an account for an identity that has none, and returns its id. Of
// several that come at once one makes it, and the others get its id.
func (s *Store) SignUp(ctx context.Context, who auth.Identity, e auth.Entity, now time.Time) (string, error) {
	key := identityKey(who, e)
	id := key[:22]
	err := s.db.Commit(ctx,
		s.identities().Create(key, identity{who.Issuer, who.Subject, e, id, now}),
		s.accounts().Create(callerOf(e, id), auth.Account{}))
	if errors.Is(err, docs.ErrExists) {
		return s.Whose(ctx, who, e)
	}
	if err != nil {
		return "", fmt.Errorf("sign up: %w", err)
	}
	return id, nil
}

func identityKey(who auth.Identity, e auth.Entity) string {
	h := sha256.Sum256([]byte(who.Issuer + "\x00" + who.Subject + "\x00" + string(e)))
	return base64.RawURLEncoding.EncodeToString(h[:])
}
