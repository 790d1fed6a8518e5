package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"lastmile/shared/realtime"
)

// minKey is the shortest key that passes are signed with, in bytes.
const minKey = 16

// Passes issues and checks tokens that carry their identity, signed with a key
// that both sides share: for a gateway that runs alone.
type Passes struct {
	key []byte
	now func() time.Time
}

// NewPasses returns Passes signed with key; nil now means time.Now.
func NewPasses(key string, now func() time.Time) (*Passes, error) {
	if len(key) < minKey {
		return nil, fmt.Errorf("the key for passes has %d bytes, it needs %d: generate one with openssl rand -hex 16", len(key), minKey)
	}
	if now == nil {
		now = time.Now
	}
	return &Passes{[]byte(key), now}, nil
}

// claims is what a pass says.
type claims struct {
	Client  string   `json:"sub"`
	Session string   `json:"sid,omitempty"`
	Roles   []string `json:"roles,omitempty"`
	Topics  []string `json:"topics,omitempty"`
	Expires int64    `json:"exp,omitempty"`
}

// Issue returns the token of an identity.
func (p *Passes) Issue(who Identity) (string, error) {
	c := claims{Client: who.Client.Name(), Session: who.Session, Roles: who.Roles, Topics: who.Topics}
	if !who.Expires.IsZero() {
		c.Expires = who.Expires.Unix()
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("issue a pass: %w", err)
	}
	signed := base64.RawURLEncoding.EncodeToString(body)
	return signed + "." + base64.RawURLEncoding.EncodeToString(p.sign(signed)), nil
}

func (p *Passes) sign(text string) []byte {
	h := hmac.New(sha256.New, p.key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Authenticate implements [Authenticator].
func (p *Passes) Authenticate(_ context.Context, token string) (Identity, error) {
	signed, signature, _ := strings.Cut(token, ".")
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, p.sign(signed)) {
		return Identity{}, fmt.Errorf("%w: the signature is wrong", ErrUnauthorized)
	}
	c, err := readClaims(signed)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrUnauthorized, err)
	}
	who := Identity{Session: c.Session, Roles: c.Roles, Topics: c.Topics}
	if who.Client, err = realtime.ParseClient(c.Client); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrUnauthorized, err)
	}
	if c.Expires != 0 {
		who.Expires = time.Unix(c.Expires, 0)
		if !p.now().Before(who.Expires) {
			return Identity{}, fmt.Errorf("%w: the token has expired", ErrUnauthorized)
		}
	}
	return who, nil
}

func readClaims(signed string) (claims, error) {
	var c claims
	body, err := base64.RawURLEncoding.DecodeString(signed)
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		return c, errors.New("the claims cannot be read")
	}
	return c, nil
}
