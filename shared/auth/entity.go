package auth

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Rule says how the callers of one entity are let in.
type Rule struct {
	// Access is how long an access token is good; a change of the account takes
	// effect within it.
	Access time.Duration

	// Session is how long a sign-in lasts.
	Session time.Duration

	// SignUp lets whoever proves an identity in, with a new account. Others need an
	// account that an operator has made.
	SignUp bool

	// Scopes are what such callers may do besides calling routes: kinds of topics
	// that they may watch, if the thing is theirs. "*" is every topic of everybody.
	Scopes []string

	// Loader finds the account when a session begins and at each renewal.
	Loader Loader
}

// Allows reports whether the rule has a scope.
func (r Rule) Allows(scope string) bool {
	return slices.Contains(r.Scopes, scope) || slices.Contains(r.Scopes, "*")
}

// Account is what the platform knows of a caller.
type Account struct {
	// Disabled accounts are refused.
	Disabled bool `firestore:"disabled"`

	// Shops are those that a merchant works in.
	Shops []string `firestore:"shops,omitempty"`
}

// ErrNoAccount is returned for a caller that has no account.
var ErrNoAccount = errors.New("no such account")

// Loader finds the account of an entity; [ErrNoAccount] if there is none.
type Loader interface {
	Load(ctx context.Context, e Entity, id string) (Account, error)
}

// Table has a rule for every entity that may sign in.
type Table map[Entity]Rule

// Standard returns the table of the platform, with accounts from l. A new kind of
// caller is one more entry.
func Standard(l Loader) Table {
	const day = 24 * time.Hour
	return Table{
		Customer: {Access: 15 * time.Minute, Session: 90 * day, SignUp: true, Scopes: []string{"order", "market"}, Loader: l},
		Courier:  {Access: 10 * time.Minute, Session: 30 * day, Scopes: []string{"order", "courier"}, Loader: l},
		Merchant: {Access: 10 * time.Minute, Session: 30 * day, Scopes: []string{"order", "shop"}, Loader: l},
		Operator: {Access: 5 * time.Minute, Session: 12 * time.Hour, Scopes: []string{"*"}, Loader: l},
		Service:  {Access: 10 * time.Minute, Session: time.Hour, Loader: l},
	}
}

// longest returns the longest life of an access token, and of a session.
func (t Table) longest() (access, session time.Duration) {
	for _, r := range t {
		access, session = max(access, r.Access), max(session, r.Session)
	}
	return access, session
}
