package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lastmile/shared/auth"
	"lastmile/shared/realtime"
)

// Sessions let callers in; [*auth.Sessions] is one.
type Sessions interface {
	Check(ctx context.Context, bearer string) (auth.Pass, error)
}

// Callers is the [Authenticator] of those who have signed in at the API: by an
// access token, expired or not, or by the handle of a session.
type Callers struct{ sessions Sessions }

// NewCallers returns the callers whom s lets in.
func NewCallers(s Sessions) *Callers { return &Callers{s} }

// Authenticate implements [Authenticator].
func (c *Callers) Authenticate(ctx context.Context, token string) (Identity, error) {
	pass, err := c.sessions.Check(ctx, token)
	if errors.Is(err, auth.ErrRefused) {
		return Identity{}, fmt.Errorf("%w: %w", ErrUnauthorized, err)
	}
	if err != nil {
		return Identity{}, err
	}
	who := Identity{
		Client:  realtime.Client(string(pass.Caller.Entity), pass.Caller.ID),
		Session: pass.Caller.Session,
		Expires: pass.Expires,
		Caller:  pass.Caller,
		Token:   pass.Token,
	}
	if pass.Caller.Entity == auth.Operator {
		who.Roles = []string{string(auth.Operator)}
	}
	return who, nil
}

// Either asks for passes where a token is one, and for callers where it is not.
type Either struct {
	Passes  *Passes
	Callers *Callers
}

// Authenticate implements [Authenticator]. A pass has two parts, an access token
// three, and a handle one.
func (e Either) Authenticate(ctx context.Context, token string) (Identity, error) {
	if strings.Count(token, ".") == 1 {
		return e.Passes.Authenticate(ctx, token)
	}
	return e.Callers.Authenticate(ctx, token)
}
