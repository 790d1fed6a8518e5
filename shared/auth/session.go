package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"
)

var (
	// ErrRefused means that a credential is not valid; the text says why, for its
	// bearer to read.
	ErrRefused = errors.New("not signed in")

	// ErrUnavailable means that nobody can tell for the moment.
	ErrUnavailable = errors.New("sessions are unavailable")

	// ErrNoSession is returned for a session that is not there.
	ErrNoSession = errors.New("no such session")
)

// Session is a sign-in.
type Session struct {
	// ID is the hash of the handle, and no secret.
	ID      string    `firestore:"id" json:"id"`
	Entity  Entity    `firestore:"entity" json:"entity"`
	Subject string    `firestore:"subject" json:"subject"`
	Agent   string    `firestore:"agent" json:"agent"` // what the client said that it is
	Created time.Time `firestore:"created" json:"created"`
	Expires time.Time `firestore:"expires" json:"expires"`

	// Revoked is when it was ended before its time.
	Revoked time.Time `firestore:"revoked,omitempty" json:"revoked,omitzero"`
}

// ended returns why a session has ended, or nil.
func (s Session) ended(now time.Time) error {
	switch {
	case !s.Revoked.IsZero():
		return errRevoked
	case !now.Before(s.Expires):
		return errOver
	}
	return nil
}

// Store keeps sessions for good.
type Store interface {
	// Create adds a session.
	Create(ctx context.Context, s Session) error

	// Get returns a session, or [ErrNoSession].
	Get(ctx context.Context, id string) (Session, error)

	// Of returns up to limit sessions of an entity that have not ended, the newest first.
	Of(ctx context.Context, e Entity, subject string, now time.Time, limit int) ([]Session, error)

	// Revoke ends sessions.
	Revoke(ctx context.Context, at time.Time, ids ...string) error

	// RevokedSince returns the sessions that were revoked after t, and when.
	RevokedSince(ctx context.Context, t time.Time) (map[string]time.Time, error)
}

// Cache is what Redis remembers of sessions. It may forget.
type Cache interface {
	// Get returns a session and the token that its renewals have agreed on lately;
	// [ErrNoSession] if it knows none.
	Get(ctx context.Context, id string) (Session, string, error)

	// Keep remembers a session.
	Keep(ctx context.Context, s Session) error

	// Agree returns the token that a renewal was first to propose within the window.
	Agree(ctx context.Context, id, token string, window time.Duration) (string, error)

	// Revoke tells everybody who asks that sessions have ended.
	Revoke(ctx context.Context, at time.Time, ids ...string) error

	// RevokedSince returns the sessions that were revoked after t, and when;
	// [ErrForgotten] if it has lost any.
	RevokedSince(ctx context.Context, t time.Time) (map[string]time.Time, error)

	// Remember makes up for what was forgotten.
	Remember(ctx context.Context, revoked map[string]time.Time) error
}

// ErrForgotten is returned by a [Cache] that has lost its memory.
var ErrForgotten = errors.New("the cache has lost its memory")

// handlePrefix tells a session's handle from an access token.
const handlePrefix = "lms_"

// newHandle returns a secret that nobody can guess.
func newHandle() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return handlePrefix + base64.RawURLEncoding.EncodeToString(b)
}

func isHandle(bearer string) bool { return strings.HasPrefix(bearer, handlePrefix) }

// sessionID is the id of the session that a handle belongs to.
func sessionID(handle string) string {
	h := sha256.Sum256([]byte(handle))
	return base64.RawURLEncoding.EncodeToString(h[:16])
}
