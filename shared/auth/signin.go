package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Directory says whose an identity is.
type Directory interface {
	// Whose returns the id of the entity that an identity is, or [ErrNoIdentity].
	Whose(ctx context.Context, who Identity, e Entity) (string, error)

	// SignUp makes an account for an identity that has none.
	SignUp(ctx context.Context, who Identity, e Entity, now time.Time) (string, error)
}

// Verifier checks identity tokens; [*Identities] is one.
type Verifier interface {
	Verify(ctx context.Context, token string) (Identity, error)
}

// SignIn exchanges identities for sessions.
type SignIn struct {
	Verifier  Verifier
	Directory Directory
	Sessions  *Sessions
}

// Exchange begins a session of the entity whose identity a token proves. It
// returns [ErrRefused] or [ErrUnavailable].
func (s *SignIn) Exchange(ctx context.Context, token string, e Entity, agent string) (Grant, error) {
	rule, ok := s.Sessions.table[e]
	if !ok {
		return Grant{}, fmt.Errorf("%w: a %q does not sign in here", ErrRefused, e)
	}
	who, err := s.Verifier.Verify(ctx, token)
	if err != nil {
		return Grant{}, err
	}
	id, err := s.Directory.Whose(ctx, who, e)
	if errors.Is(err, ErrNoIdentity) && rule.SignUp {
		id, err = s.Directory.SignUp(ctx, who, e, s.Sessions.options.Now().UTC())
	}
	switch {
	case errors.Is(err, ErrNoIdentity):
		return Grant{}, fmt.Errorf("%w: the identity is no %s's; an operator makes accounts", ErrRefused, e)
	case err != nil:
		return Grant{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return s.Sessions.Begin(ctx, e, id, agent)
}
