package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Key signs tokens, or once did.
type Key struct {
	ID string `json:"kid"`

	// Seed is the private key; a key that will never sign again has none.
	Seed []byte `json:"seed,omitempty"`

	Public []byte `json:"public"`

	// From is when it begins to sign: every process knows it by then.
	From time.Time `json:"from"`
}

// Ring is the keys of the platform, the oldest first: the secret named
// [KeysSecret], as JSON.
type Ring struct {
	Keys []Key `json:"keys"`
}

// KeysSecret is the name of the secret that holds the ring.
const KeysSecret = "auth-keys"

// Lead is how long a new key is known before it signs: more than a process takes
// to read the ring again.
const Lead = 10 * time.Minute

// ParseRing reads a ring.
func ParseRing(text string) (Ring, error) {
	var r Ring
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, errors.New("the keys are not JSON") // not the text: it is secret
	}
	var errs []error
	for i, k := range r.Keys {
		errs = append(errs, k.validate())
		if i > 0 && k.From.Before(r.Keys[i-1].From) {
			errs = append(errs, fmt.Errorf("key %s comes after a later one", k.ID))
		}
	}
	if len(r.Keys) == 0 {
		errs = append(errs, errors.New("there is no key"))
	}
	return r, errors.Join(errs...)
}

func (k Key) validate() error {
	switch {
	case k.ID == "":
		return errors.New("a key has no kid")
	case len(k.Public) != ed25519.PublicKeySize:
		return fmt.Errorf("key %s: the public key has %d bytes, not %d", k.ID, len(k.Public), ed25519.PublicKeySize)
	case k.Seed == nil:
		return nil
	case len(k.Seed) != ed25519.SeedSize:
		return fmt.Errorf("key %s: the seed has %d bytes, not %d", k.ID, len(k.Seed), ed25519.SeedSize)
	case !slices.Equal(k.Public, ed25519.NewKeyFromSeed(k.Seed).Public().(ed25519.PublicKey)):
		return fmt.Errorf("key %s: the public key is not that of the seed", k.ID)
	}
	return nil
}

// Rotated returns r with a new key made of seed, that signs after [Lead], or at
// once in an empty ring. Keys that have been followed keep their public half for
// as long as sessions last: an expired token is renewed by it. What no session
// can need any more is dropped.
func (r Ring) Rotated(now time.Time, seed [ed25519.SeedSize]byte, t Table) Ring {
	access, session := t.longest()
	next := Ring{}
	for i, k := range r.Keys {
		followed, by := r.followed(i)
		if followed && now.Sub(by) > session {
			continue
		}
		if followed && now.Sub(by) > access {
			k.Seed = nil
		}
		next.Keys = append(next.Keys, k)
	}
	from := now.Add(Lead)
	if len(next.Keys) == 0 {
		from = now
	}
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	next.Keys = append(next.Keys, Key{ID: keyID(public), Seed: seed[:], Public: public, From: from.UTC()})
	return next
}

// followed reports whether the key at i has a successor, and since when.
func (r Ring) followed(i int) (bool, time.Time) {
	if i+1 < len(r.Keys) {
		return true, r.Keys[i+1].From
	}
	return false, time.Time{}
}

func keyID(public ed25519.PublicKey) string { return base64.RawURLEncoding.EncodeToString(public[:9]) }

// signing returns the key that signs now.
func (r Ring) signing(now time.Time) (Key, bool) {
	for i := len(r.Keys) - 1; i >= 0; i-- {
		if k := r.Keys[i]; !k.From.After(now) && k.Seed != nil {
			return k, true
		}
	}
	return Key{}, false
}

// JWK is a public key as in RFC 8037.
type JWK struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	ID        string `json:"kid"`
	X         string `json:"x"`
}

// JWKS are the public keys of tokens that have not expired, or will be signed.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// jwks returns the public keys of tokens that live for up to access.
func (r Ring) jwks(now time.Time, access time.Duration) JWKS {
	set := JWKS{Keys: []JWK{}}
	for i, k := range r.Keys {
		if followed, by := r.followed(i); followed && now.Sub(by) > access {
			continue
		}
		set.Keys = append(set.Keys, JWK{"OKP", "Ed25519", "EdDSA", "sig", k.ID, base64.RawURLEncoding.EncodeToString(k.Public)})
	}
	return set
}
