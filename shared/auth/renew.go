package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// window is how long the renewals of a session agree on one token. Tokens begin
// at its start, so that renewals that cannot ask Redis mostly agree, too.
const window = 30 * time.Second

// renewTimeout bounds a renewal, which several callers may wait for.
const renewTimeout = 5 * time.Second

// Renew returns a token of a session that goes on: what its renewals within half
// a minute agree on. It returns [ErrRefused] or [ErrUnavailable].
func (s *Sessions) renew(ctx context.Context, id string) (Pass, error) {
	now := s.options.Now()
	if err := s.revoked.check(ctx, id, now); err != nil {
		return Pass{}, err
	}
	if p, ok := s.renewed.get(id); ok && now.Before(p.Expires.Add(-skew)) {
		return p, nil
	}
	result := s.flights.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTimeout)
		defer cancel()
		p, err := s.renewOnce(ctx, id, now)
		if err == nil {
			s.renewed.put(id, p)
		}
		return p, err
	})
	select {
	case r := <-result:
		return r.Val.(Pass), r.Err
	case <-ctx.Done():
		return Pass{}, fmt.Errorf("%w: renew: %w", ErrUnavailable, ctx.Err())
	}
}

func (s *Sessions) renewOnce(ctx context.Context, id string, now time.Time) (Pass, error) {
	session, agreed, err := s.find(ctx, id)
	if err != nil {
		return Pass{}, err
	}
	if err := session.ended(now); err != nil {
		return Pass{}, err
	}
	if p, ok := s.still(ctx, agreed, id, now); ok {
		return p, nil
	}
	p, err := s.issue(ctx, session, later(now.Truncate(window), session.Created))
	if err != nil {
		return Pass{}, err
	}
	agreed, err = s.cache.Agree(ctx, id, p.Token, window)
	if err != nil {
		s.degraded(ctx, "renewal not agreed on", err)
		return p, nil
	}
	if first, ok := s.still(ctx, agreed, id, now); ok {
		return first, nil
	}
	return p, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// still reads a token that renewals agreed on, if it is good for a while.
func (s *Sessions) still(ctx context.Context, token, id string, now time.Time) (Pass, bool) {
	if token == "" {
		return Pass{}, false
	}
	c, err := s.tokens.Parse(ctx, token, now)
	ok := err == nil && c.Caller.Session == id && now.Before(c.Expires.Add(-skew))
	return Pass{c, token, true}, ok
}

// find looks into the cache, and into the store if that does not know.
func (s *Sessions) find(ctx context.Context, id string) (session Session, agreed string, err error) {
	session, agreed, err = s.cache.Get(ctx, id)
	if err == nil {
		return session, agreed, nil
	}
	if !errors.Is(err, ErrNoSession) {
		s.degraded(ctx, "the cache of sessions does not answer", err)
	}
	session, err = s.store.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNoSession):
		return session, "", fmt.Errorf("%w: there is no such session: sign in", ErrRefused)
	case err != nil:
		return session, "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := s.cache.Keep(ctx, session); err != nil {
		s.degraded(ctx, "session not cached", err)
	}
	return session, "", nil
}
