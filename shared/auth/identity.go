package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
)

// Identity is what an identity provider says of somebody.
type Identity struct {
	Issuer  string
	Subject string
}

// Issuer is an identity provider that is trusted: Identity Platform, Google for
// service accounts, or the development issuer.
type Issuer struct {
	URL      string // as in the iss of its tokens
	Audience string // as in their aud
}

// ParseIssuers reads "url audience" for each issuer, divided by commas.
func ParseIssuers(text string) ([]Issuer, error) {
	var issuers []Issuer
	for entry := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		parts := strings.Fields(entry)
		if len(parts) != 2 || !strings.Contains(parts[0], "://") {
			return nil, fmt.Errorf("issuer %q must be a URL and an audience, divided by a space", entry)
		}
		issuers = append(issuers, Issuer{parts[0], parts[1]})
	}
	return issuers, nil
}

// Identities checks the tokens of identity providers. It learns their keys when
// it first needs them, and again when a token is not signed by one of them. It is
// safe for concurrent use.
type Identities struct {
	issuers map[string]Issuer

	mu        sync.Mutex
	providers map[string]*oidc.Provider // by URL; guarded by mu
}

// NewIdentities returns a check of what these issuers say.
func NewIdentities(issuers ...Issuer) *Identities {
	i := &Identities{issuers: make(map[string]Issuer), providers: make(map[string]*oidc.Provider)}
	for _, issuer := range issuers {
		i.issuers[issuer.URL] = issuer
	}
	return i
}

// identityTimeout bounds a check, in which an issuer may be asked for its keys.
const identityTimeout = 5 * time.Second

// Verify returns whose a token is. It returns [ErrRefused], or [ErrUnavailable]
// if the issuer does not answer.
func (i *Identities) Verify(ctx context.Context, token string) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, identityTimeout)
	defer cancel()
	url, err := issuerOf(token)
	if err != nil {
		return Identity{}, err
	}
	issuer, ok := i.issuers[url]
	if !ok {
		return Identity{}, fmt.Errorf("%w: the identity's issuer is not one that is trusted here", ErrRefused)
	}
	provider, err := i.provider(ctx, issuer)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: issuer %s: %w", ErrUnavailable, issuer.URL, err)
	}
	verified, err := provider.Verifier(&oidc.Config{ClientID: issuer.Audience}).Verify(ctx, token)
	if err != nil && (ctx.Err() != nil || strings.Contains(err.Error(), unfetched)) {
		return Identity{}, fmt.Errorf("%w: issuer %s: %w", ErrUnavailable, issuer.URL, err)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("%w: the identity is not valid: it has expired, is for another audience, or its signature is wrong", ErrRefused)
	}
	return Identity{Issuer: verified.Issuer, Subject: verified.Subject}, nil
}

// unfetched is in the error of go-oidc, which wraps none, for keys that it could not
// get.
const unfetched = "fetching keys"

// issuerOf reads who claims to have issued a token, before anything is believed.
func issuerOf(token string) (string, error) {
	if len(token) > maxToken {
		return "", fmt.Errorf("%w: the identity is too long", ErrRefused)
	}
	var c claims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil {
		return "", fmt.Errorf("%w: this is no identity token", ErrRefused)
	}
	return c.Issuer, nil
}

// provider learns the keys of an issuer, once.
func (i *Identities) provider(ctx context.Context, issuer Issuer) (*oidc.Provider, error) {
	i.mu.Lock()
	p := i.providers[issuer.URL]
	i.mu.Unlock()
	if p != nil {
		return p, nil
	}
	// All who wait for keys share one fetch, whoever goes: it has a deadline of its own.
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, &http.Client{Timeout: identityTimeout}), issuer.URL)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.providers[issuer.URL] = p
	return p, nil
}

// ErrNoIdentity is returned for an identity that is nobody's here.
var ErrNoIdentity = errors.New("the identity has no account here")
