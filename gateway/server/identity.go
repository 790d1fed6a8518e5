package server

import (
	"context"
	"errors"
	"path"
	"slices"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/realtime"
)

// Identity is who is at the other end.
type Identity struct {
	Client  realtime.Audience // an entity, such as courier 7
	Session string            // the sign-in that the token is of; it can be ended by itself
	Roles   []string          // each is an audience that the client is in
	Topics  []string          // patterns of topics that it may watch, as in path.Match: "order:12", "zone:*"
	Expires time.Time         // renew before; zero means never
	Caller  auth.Caller       // who has signed in; nobody with a pass
	Token   string            // of a caller: by it the gateway renews, and notices a revocation
}

var (
	// ErrUnauthorized means that a token is not valid; the text says why.
	ErrUnauthorized = errors.New("not authorised")
	// ErrForbidden means that an identity may not watch a topic.
	ErrForbidden = errors.New("not allowed")
)

// Authenticator tells whose a token is. It returns [ErrUnauthorized], or another
// error if it cannot tell for the moment.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (Identity, error)
}

// Permissions says who may watch what. It returns [ErrForbidden], or another
// error if it cannot tell for the moment.
type Permissions interface {
	MayWatch(ctx context.Context, who Identity, topic realtime.Audience) error
}

// granted is the Permissions of what the token says.
type granted struct{}

func (granted) MayWatch(_ context.Context, who Identity, topic realtime.Audience) error {
	if slices.ContainsFunc(who.Topics, func(pattern string) bool {
		ok, err := path.Match(pattern, topic.Name())
		return ok && err == nil
	}) {
		return nil
	}
	return ErrForbidden
}
