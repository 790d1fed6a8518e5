package platform

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/idtoken"
)

// callTimeout bounds a call of another function, if its caller does not.
const callTimeout = 10 * time.Second

// Client returns a client of another function, which must be one of the Calls of
// this one's declaration. On Cloud Run its calls carry the identity of this
// service, and who has no right to call is refused there. On a laptop, where
// nobody checks identities, they carry the operators' token.
func (p *Platform) Client(function string) *http.Client {
	if p.Config.InCloud() {
		return &http.Client{Timeout: callTimeout, Transport: &identified{audience: p.Config.URL(function)}}
	}
	return &http.Client{Timeout: callTimeout, Transport: operating{string(p.Config.OperatorToken)}}
}

// InCloud reports whether this is a revision of a Cloud Run service.
func (c Config) InCloud() bool { return c.Revision != "" }

// operating signs calls with the operators' token.
type operating struct{ token string }

func (o operating) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+o.token)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// identified signs calls with tokens of this service's identity.
type identified struct {
	audience string

	mu     sync.Mutex
	tokens oauth2.TokenSource // guarded by mu; nil before the first call
}

func (i *identified) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := i.token(r)
	if err != nil {
		return nil, fmt.Errorf("identity for %s: %w", i.audience, err)
	}
	r = r.Clone(r.Context())
	r.Header.Set("X-Serverless-Authorization", "Bearer "+token)
	return http.DefaultTransport.RoundTrip(r)
}

// token is asked of the metadata server now and then; it lasts for an hour.
func (i *identified) token(r *http.Request) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.tokens == nil {
		tokens, err := idtoken.NewTokenSource(r.Context(), i.audience)
		if err != nil {
			return "", err
		}
		i.tokens = tokens
	}
	token, err := i.tokens.Token()
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}
