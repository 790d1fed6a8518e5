package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrForbidden means that the caller is known, and this is not for it.
var ErrForbidden = errors.New("not allowed")

type refusedKey struct{}

// Refused returns ctx as that of a call by nobody, whose credential was refused
// for this reason.
func Refused(ctx context.Context, why error) context.Context {
	return context.WithValue(ctx, refusedKey{}, why)
}

// Admit returns nil if the caller of ctx is one of these entities, [ErrRefused]
// if it is nobody, and [ErrForbidden] if it is another.
func Admit(ctx context.Context, entities ...Entity) error {
	caller := From(ctx)
	switch {
	case slices.Contains(entities, caller.Entity):
		return nil
	case caller.Entity != "":
		return fmt.Errorf("%w: this is not for a %s", ErrForbidden, caller.Entity)
	}
	if why, ok := ctx.Value(refusedKey{}).(error); ok {
		return why
	}
	return fmt.Errorf("%w: send a token in Authorization: Bearer TOKEN", ErrRefused)
}
