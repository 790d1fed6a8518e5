package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	issuer   = "lastmile"
	audience = "lastmile-api"

	// maxToken bounds what is parsed, in bytes.
	maxToken = 8 << 10

	// skew is by how much clocks of our processes may differ.
	skew = 30 * time.Second
)

// Claims is what an access token says.
type Claims struct {
	Caller  Caller
	Expires time.Time
}

// Tokens makes and reads access tokens: JSON web tokens signed with Ed25519. It
// is safe for concurrent use.
type Tokens struct {
	keys   *Keys
	parser *jwt.Parser
}

// NewTokens returns the tokens that are signed with these keys.
func NewTokens(keys *Keys) *Tokens {
	// The claims are checked below: an expired token must be told from a wrong one.
	return &Tokens{keys, jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithoutClaimsValidation())}
}

// claims are in the token.
type claims struct {
	Session string   `json:"sid"`
	Shops   []string `json:"shops,omitempty"`
	jwt.RegisteredClaims
}

// Issue returns the token of c from at on. It is the same token for the same
// arguments and key.
func (t *Tokens) Issue(ctx context.Context, c Caller, at time.Time, life time.Duration) (string, error) {
	kid, key, err := t.keys.signer(ctx, at)
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{c.Session, c.Shops, jwt.RegisteredClaims{
		Issuer:    issuer,
		Audience:  jwt.ClaimStrings{audience},
		Subject:   c.String(),
		IssuedAt:  jwt.NewNumericDate(at),
		ExpiresAt: jwt.NewNumericDate(at.Add(life)),
	}})
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("issue a token: %w", err)
	}
	return text, nil
}

// Parse returns what a token of ours says, expired or not. It returns
// [ErrRefused], or [ErrUnavailable] if there are no keys.
func (t *Tokens) Parse(ctx context.Context, token string, now time.Time) (Claims, error) {
	if len(token) > maxToken {
		return Claims{}, fmt.Errorf("%w: the token is too long", ErrRefused)
	}
	var c claims
	_, err := t.parser.ParseWithClaims(token, &c, func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		return t.keys.verifier(ctx, kid)
	})
	if errors.Is(err, ErrUnavailable) {
		return Claims{}, err
	}
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %s", ErrRefused, fault(err))
	}
	return c.read(now)
}

// fault says what is wrong with a token, without a part of it.
func fault(err error) string {
	switch {
	case errors.Is(err, errUnknownKey):
		return "the token's key is not known: sign in again"
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "the token's signature is wrong"
	}
	return "this is no token"
}

// read checks all but the expiry.
func (c *claims) read(now time.Time) (Claims, error) {
	entity, id, ok := strings.Cut(c.Subject, ":")
	why := ""
	switch {
	case c.Issuer != issuer:
		why = "the token is another issuer's"
	case !slices.Contains(c.Audience, audience):
		why = "the token is for another audience"
	case !ok || entity == "" || id == "" || c.Session == "" || c.ExpiresAt == nil || c.IssuedAt == nil:
		why = "the token does not say whose it is, and for how long"
	case c.IssuedAt.After(now.Add(skew)):
		why = "the token is from the future"
	default:
		who := Caller{Entity: Entity(entity), ID: id, Shops: c.Shops, Session: c.Session}
		return Claims{Caller: who, Expires: c.ExpiresAt.Time}, nil
	}
	return Claims{}, fmt.Errorf("%w: %s", ErrRefused, why)
}
