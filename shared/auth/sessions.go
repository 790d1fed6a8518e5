package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"
)

// Options adjusts Sessions; the zero value is right for production.
type Options struct {
	Log *slog.Logger     // nil = slog.Default
	Now func() time.Time // nil = time.Now
}

// Sessions lets callers in. It is safe for concurrent use.
type Sessions struct {
	table   Table
	keys    *Keys
	tokens  *Tokens
	store   Store
	cache   Cache
	options Options

	verified *recent[Claims] // by the hash of a token
	renewed  *recent[Pass]   // by session: what renewals agreed on
	flights  singleflight.Group
	revoked  revoked
}

// NewSessions returns the sessions in s, with c in front.
func NewSessions(t Table, k *Keys, s Store, c Cache, o Options) *Sessions {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sessions{
		table: t, keys: k, tokens: NewTokens(k), store: s, cache: c, options: o,
		verified: newRecent[Claims](recentKept), renewed: newRecent[Pass](recentKept),
		revoked: revoked{store: s, cache: c, log: o.Log},
	}
}

// Table is who may sign in.
func (s *Sessions) Table() Table { return s.table }

// Keys are those that others verify tokens with.
func (s *Sessions) Keys(ctx context.Context) (JWKS, error) { return s.keys.Public(ctx, s.table) }

// Pass is what lets a caller in.
type Pass struct {
	Claims
	Token string

	// Renewed is true if Token is not what the caller sent.
	Renewed bool
}

// Grant is a session that has begun. The handle is shown this once.
type Grant struct {
	Session Session
	Handle  string
	Pass    Pass
}

// maxAgent bounds what a client may say of itself, in bytes.
const maxAgent = 200

// Begin signs an entity in. It returns [ErrRefused] for one that has no account
// or whose account is disabled.
func (s *Sessions) Begin(ctx context.Context, e Entity, id, agent string) (Grant, error) {
	rule, ok := s.table[e]
	if !ok {
		return Grant{}, fmt.Errorf("%w: a %q does not sign in here", ErrRefused, e)
	}
	now := s.options.Now().UTC()
	handle := newHandle()
	if len(agent) > maxAgent {
		agent = agent[:maxAgent]
	}
	session := Session{ID: sessionID(handle), Entity: e, Subject: id, Agent: agent, Created: now, Expires: now.Add(rule.Session)}
	pass, err := s.issue(ctx, session, now)
	if err != nil {
		return Grant{}, err
	}
	if err := s.store.Create(ctx, session); err != nil {
		return Grant{}, fmt.Errorf("%w: begin a session of %s:%s: %w", ErrUnavailable, e, id, err)
	}
	if err := s.cache.Keep(ctx, session); err != nil {
		s.degraded(ctx, "session not cached", err)
	}
	return Grant{session, handle, pass}, nil
}

// issue returns a token of a session, for what its account says now.
func (s *Sessions) issue(ctx context.Context, session Session, at time.Time) (Pass, error) {
	rule, ok := s.table[session.Entity]
	if !ok {
		return Pass{}, fmt.Errorf("%w: a %q does not sign in any more", ErrRefused, session.Entity)
	}
	account, err := rule.Loader.Load(ctx, session.Entity, session.Subject)
	switch {
	case errors.Is(err, ErrNoAccount):
		return Pass{}, fmt.Errorf("%w: there is no account of %s:%s", ErrRefused, session.Entity, session.Subject)
	case err != nil:
		return Pass{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case account.Disabled:
		return Pass{}, fmt.Errorf("%w: the account is disabled", ErrRefused)
	}
	c := Caller{Entity: session.Entity, ID: session.Subject, Shops: account.Shops, Session: session.ID}
	life := min(rule.Access, session.Expires.Sub(at))
	token, err := s.tokens.Issue(ctx, c, at, life)
	if err != nil {
		return Pass{}, err
	}
	return Pass{Claims{c, at.Add(life).Truncate(time.Second)}, token, true}, nil
}

// Check lets the bearer of an access token in, or of a session's handle. Where
// the token has expired and the session has not, the pass has a new one. It
// returns [ErrRefused] or [ErrUnavailable].
func (s *Sessions) Check(ctx context.Context, bearer string) (Pass, error) {
	if isHandle(bearer) {
		return s.renew(ctx, sessionID(bearer))
	}
	now := s.options.Now()
	key := digest(bearer)
	c, ok := s.verified.get(key)
	if !ok {
		var err error
		if c, err = s.tokens.Parse(ctx, bearer, now); err != nil {
			return Pass{}, err
		}
		s.verified.put(key, c)
	}
	if !now.Before(c.Expires) {
		return s.renew(ctx, c.Caller.Session)
	}
	if err := s.revoked.check(ctx, c.Caller.Session, now); err != nil {
		return Pass{}, err
	}
	return Pass{Claims: c, Token: bearer}, nil
}

// degraded says that a request goes on without something.
func (s *Sessions) degraded(ctx context.Context, what string, err error) {
	s.options.Log.WarnContext(ctx, what, slog.Any("error", err))
}
