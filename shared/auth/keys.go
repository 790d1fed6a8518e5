package auth

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	keysKept  = time.Minute     // before the ring is read again
	keysRetry = 5 * time.Second // between readings for a key that is not there
)

// Source reads the ring, as the text of the secret [KeysSecret].
type Source func(ctx context.Context) (string, error)

// Keys is the ring as it is now: it is read again every minute, and when a token
// names a key that is not in it. While it cannot be read, the last one counts. It
// is safe for concurrent use.
type Keys struct {
	source Source
	now    func() time.Time

	mu    sync.Mutex
	live  *ring     // guarded by mu; never changed once it is there
	tried time.Time // guarded by mu
}

// ring is a Ring that is ready for use.
type ring struct {
	Ring
	public  map[string]ed25519.PublicKey
	private map[string]ed25519.PrivateKey
	read    time.Time
}

// NewKeys returns the keys of source; a nil now is time.Now.
func NewKeys(source Source, now func() time.Time) *Keys {
	if now == nil {
		now = time.Now
	}
	return &Keys{source: source, now: now}
}

func (k *Keys) ring(ctx context.Context, kid string) (*ring, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.live != nil && !k.stale(now, kid) {
		return k.live, nil
	}
	k.tried = now
	text, err := k.source(ctx)
	if err == nil {
		var r Ring
		if r, err = ParseRing(text); err == nil {
			k.live = ready(r, now)
		}
	}
	if err != nil && k.live == nil {
		return nil, fmt.Errorf("%w: read the keys of tokens: %w", ErrUnavailable, err)
	}
	return k.live, nil
}

// stale reports whether to read again; mu is held.
func (k *Keys) stale(now time.Time, kid string) bool {
	if now.Sub(k.tried) < keysRetry {
		return false
	}
	_, known := k.live.public[kid]
	return now.Sub(k.live.read) >= keysKept || kid != "" && !known
}

func ready(r Ring, now time.Time) *ring {
	live := &ring{Ring: r, read: now, public: make(map[string]ed25519.PublicKey), private: make(map[string]ed25519.PrivateKey)}
	for _, k := range r.Keys {
		live.public[k.ID] = k.Public
		if k.Seed != nil {
			live.private[k.ID] = ed25519.NewKeyFromSeed(k.Seed)
		}
	}
	return live
}

// signer returns the key that signs at a time.
func (k *Keys) signer(ctx context.Context, at time.Time) (kid string, key ed25519.PrivateKey, err error) {
	r, err := k.ring(ctx, "")
	if err != nil {
		return "", nil, err
	}
	signs, ok := r.signing(at)
	if !ok {
		return "", nil, fmt.Errorf("%w: no key signs yet", ErrUnavailable)
	}
	return signs.ID, r.private[signs.ID], nil
}

var errUnknownKey = errors.New("the key is not known")

// verifier returns a public key.
func (k *Keys) verifier(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	r, err := k.ring(ctx, kid)
	if err != nil {
		return nil, err
	}
	if key, ok := r.public[kid]; ok {
		return key, nil
	}
	return nil, errUnknownKey
}

// Public returns the keys that verify the tokens of t.
func (k *Keys) Public(ctx context.Context, t Table) (JWKS, error) {
	r, err := k.ring(ctx, "")
	if err != nil {
		return JWKS{}, err
	}
	access, _ := t.longest()
	return r.jwks(k.now(), access), nil
}
