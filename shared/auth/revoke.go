package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"
)

var (
	errRevoked = fmt.Errorf("%w: the session was ended: sign in again", ErrRefused)
	errOver    = fmt.Errorf("%w: the session is over: sign in again", ErrRefused)
)

// RevokedWithin is how soon a session that was revoked is refused by everybody.
const RevokedWithin = 3 * time.Second

const (
	// asked is how long an answer about who was revoked counts.
	asked = 2 * time.Second

	// unasked is how long requests go on without one: nobody tells, neither Redis
	// nor Firestore. After that they are refused.
	unasked = time.Minute

	// revokedKept is how long a revocation is told: longer than a token, or a
	// session in the cache, lives.
	revokedKept = time.Hour

	// revokedOverlap is asked for twice, for clocks that differ.
	revokedOverlap = skew

	askTimeout = 700 * time.Millisecond
)

// revoked is the sessions that were revoked lately, as this process knows. It is
// asked for by whoever needs it after it has become old, since between requests
// nothing runs.
type revoked struct {
	store Store
	cache Cache
	log   *slog.Logger

	asking sync.Mutex // held by who asks

	mu    sync.RWMutex
	ended map[string]time.Time // guarded by mu
	asOf  time.Time            // guarded by mu; zero before the first answer
	next  time.Time            // guarded by mu; when to ask again
}

// check returns why a session must be refused, or nil.
func (r *revoked) check(ctx context.Context, id string, now time.Time) error {
	asOf, due := r.state(now)
	if due && (asOf.IsZero() || now.Sub(asOf) > RevokedWithin) {
		r.asking.Lock()
	} else if !due || !r.asking.TryLock() {
		return r.judge(id, now)
	}
	defer r.asking.Unlock()
	if asOf, due = r.state(now); due {
		r.ask(ctx, asOf, now)
	}
	return r.judge(id, now)
}

func (r *revoked) state(now time.Time) (asOf time.Time, due bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.asOf, !now.Before(r.next)
}

func (r *revoked) judge(id string, now time.Time) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, ok := r.ended[id]; ok {
		return errRevoked
	}
	if now.Sub(r.asOf) > unasked {
		return fmt.Errorf("%w: nobody tells which sessions were revoked", ErrUnavailable)
	}
	return nil
}

// ask learns who was revoked since asOf. Its round trips are nobody's: every
// request of the next seconds has the benefit.
func (r *revoked) ask(ctx context.Context, asOf, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	since := now.Add(-revokedKept)
	if asOf.After(since) {
		since = asOf.Add(-revokedOverlap)
	}
	found, err := r.since(ctx, since, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = now.Add(asked)
	if err != nil {
		r.log.WarnContext(ctx, "revoked sessions are not known; tokens are trusted for a minute", slog.Time("asOf", r.asOf), slog.Any("error", err))
		return
	}
	r.asOf = now
	r.learn(found, now)
}

// learn adds to what is known, and forgets what is old; mu is held.
func (r *revoked) learn(found map[string]time.Time, now time.Time) {
	if r.ended == nil {
		r.ended = make(map[string]time.Time)
	}
	maps.Copy(r.ended, found)
	maps.DeleteFunc(r.ended, func(_ string, at time.Time) bool { return now.Sub(at) > revokedKept+revokedOverlap })
}

// since asks Redis, and Firestore where Redis cannot tell.
func (r *revoked) since(ctx context.Context, t, now time.Time) (map[string]time.Time, error) {
	found, err := r.cache.RevokedSince(ctx, t)
	if err == nil {
		return found, nil
	}
	all, stored := r.store.RevokedSince(ctx, now.Add(-revokedKept))
	if stored != nil {
		return nil, errors.Join(err, stored)
	}
	if errors.Is(err, ErrForgotten) {
		err = r.cache.Remember(ctx, all)
	}
	if err != nil {
		r.log.WarnContext(ctx, "redis does not tell who was revoked; firestore was asked", slog.Any("error", err))
	}
	return all, nil
}

// here notes what this process itself has revoked.
func (r *revoked) here(at time.Time, ids []string) {
	found := make(map[string]time.Time, len(ids))
	for _, id := range ids {
		found[id] = at
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.learn(found, at)
}

// maxSessions bounds the sessions of one entity that are listed, and revoked at
// once.
const maxSessions = 200

// List returns the sessions of an entity that go on, the newest first.
func (s *Sessions) List(ctx context.Context, e Entity, id string) ([]Session, error) {
	found, err := s.store.Of(ctx, e, id, s.options.Now(), maxSessions)
	if err != nil {
		return nil, fmt.Errorf("%w: sessions of %s:%s: %w", ErrUnavailable, e, id, err)
	}
	return found, nil
}

// Get returns a session, or [ErrNoSession].
func (s *Sessions) Get(ctx context.Context, id string) (Session, error) {
	session, err := s.store.Get(ctx, id)
	if err != nil && !errors.Is(err, ErrNoSession) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return session, err
}

// Revoke ends sessions, everywhere within [RevokedWithin]. It may be called again
// after [ErrUnavailable].
func (s *Sessions) Revoke(ctx context.Context, sessions ...Session) error {
	if len(sessions) == 0 {
		return nil
	}
	now := s.options.Now().UTC()
	ids := make([]string, len(sessions))
	for i, session := range sessions {
		ids[i] = session.ID
	}
	if err := s.store.Revoke(ctx, now, ids...); err != nil {
		return fmt.Errorf("%w: revoke: %w", ErrUnavailable, err)
	}
	s.revoked.here(now, ids)
	if err := s.cache.Revoke(ctx, now, ids...); err != nil {
		return fmt.Errorf("%w: revoked, but not yet known to all; do it again: %w", ErrUnavailable, err)
	}
	return nil
}

// RevokeAll ends all sessions of an entity, and returns how many there were.
func (s *Sessions) RevokeAll(ctx context.Context, e Entity, id string) (int, error) {
	revoked := 0
	for {
		found, err := s.List(ctx, e, id)
		if err != nil || len(found) == 0 {
			return revoked, err
		}
		if err := s.Revoke(ctx, found...); err != nil {
			return revoked, err
		}
		revoked += len(found)
	}
}
