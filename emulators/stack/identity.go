package stack

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// makeKeys mounts keys for tokens, unless the folder has some from an earlier run.
func (s *Stack) makeKeys() error {
	_, err := os.Stat(filepath.Join(s.Config.Secrets, auth.KeysSecret))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var seed [ed25519.SeedSize]byte
	_, _ = rand.Read(seed[:]) // never fails
	ring, err := json.Marshal(auth.Ring{}.Rotated(time.Now(), seed, auth.Standard(nil)))
	if err != nil {
		return err
	}
	return s.SetSecret(auth.KeysSecret, string(ring))
}

// openPlatform opens the connections of the stack's own.
func (s *Stack) openPlatform(context.Context) error {
	s.platform = platform.New(s.Config, logs.Options{Service: "stack", Out: s.log()})
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		return s.platform.Close(ctx)
	})
	return nil
}

// firstOperator is the operator that a new stack has, also as the subject of the
// development issuer.
const firstOperator = "ops"

// enrol makes the first operator's account.
func (s *Stack) enrol(ctx context.Context) error {
	db, err := s.platform.Docs()
	if err != nil {
		return err
	}
	store := authdb.New(db)
	_, err = store.Load(ctx, auth.Operator, firstOperator)
	if errors.Is(err, auth.ErrNoAccount) {
		err = store.Save(ctx, auth.Operator, firstOperator, auth.Account{})
	}
	if err != nil {
		return err
	}
	return store.Bind(ctx, auth.Identity{Issuer: s.Issuer, Subject: firstOperator}, auth.Operator, firstOperator, time.Now().UTC())
}

// SignIn makes an account for an entity, and begins a session of it.
func (s *Stack) SignIn(ctx context.Context, e auth.Entity, id string, shops ...string) (auth.Grant, error) {
	sessions, err := s.platform.Sessions()
	if err != nil {
		return auth.Grant{}, err
	}
	db, err := s.platform.Docs()
	if err != nil {
		return auth.Grant{}, err
	}
	if err := authdb.New(db).Save(ctx, e, id, auth.Account{Shops: shops}); err != nil {
		return auth.Grant{}, err
	}
	return sessions.Begin(ctx, e, id, "stack")
}

// Token returns an access token of an entity, with the shops of a merchant. It
// panics if there is none, as only a broken stack has none.
func (s *Stack) Token(e auth.Entity, id string, shops ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	grant, err := s.SignIn(ctx, e, id, shops...)
	if err != nil {
		panic(fmt.Sprintf("token of %s:%s: %v", e, id, err))
	}
	return grant.Pass.Token
}
