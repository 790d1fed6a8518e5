// Package issuer is an identity provider for development: an OpenID Connect
// issuer that believes whoever asks.
//
//	/.well-known/openid-configuration   where the rest is
//	/jwks                               the key of its tokens
//	POST /token   subject=ada           an identity token of that subject
//	              audience= seconds=    for another audience, or another time
//
// It promises what sign-in relies on: tokens of the issuer's URL and audience,
// signed by the key that it publishes. It has no place in a deployment, and
// answers only who is on the same machine.
package issuer

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer is an [http.Handler] beneath its URL.
type Issuer struct {
	url, audience string
	key           *ecdsa.PrivateKey
	mux           *http.ServeMux
}

const (
	keyID = "development"

	// life is how long a token is good for sign-in.
	life = 10 * time.Minute

	maxSubject = 512
)

// New returns an issuer at url, of tokens for audience, with a key of its own.
func New(url, audience string) (*Issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("key of the issuer: %w", err)
	}
	i := &Issuer{url: url, audience: audience, key: key, mux: http.NewServeMux()}
	i.mux.HandleFunc("GET /.well-known/openid-configuration", i.configuration)
	i.mux.HandleFunc("GET /jwks", i.keys)
	i.mux.HandleFunc("POST /token", i.token)
	return i, nil
}

// Trusted is the entry of OIDC_ISSUERS that trusts i.
func (i *Issuer) Trusted() string { return i.url + " " + i.audience }

func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !near(r.RemoteAddr) || !near(r.Host) {
		http.Error(w, "the development issuer answers this machine only", http.StatusForbidden)
		return
	}
	i.mux.ServeHTTP(w, r)
}

// near reports whether host:port is on this machine. A page elsewhere whose name
// leads here does not pass.
func near(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// Token returns an identity token of a subject.
func (i *Issuer) Token(subject string) (string, error) { return i.sign(subject, i.audience, life) }

func (i *Issuer) sign(subject, audience string, life time.Duration) (string, error) {
	now := time.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.RegisteredClaims{
		Issuer: i.url, Subject: subject, Audience: jwt.ClaimStrings{audience},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(life)),
	})
	t.Header["kid"] = keyID
	return t.SignedString(i.key)
}

func (i *Issuer) configuration(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"issuer": i.url, "authorization_endpoint": i.url + "/authorize", "token_endpoint": i.url + "/token", "jwks_uri": i.url + "/jwks",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := i.key.PublicKey.Bytes() // 4, then the coordinates
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	half := (len(point) - 1) / 2
	answer(w, map[string]any{"keys": []map[string]string{{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": keyID,
		"x": base64.RawURLEncoding.EncodeToString(point[1 : 1+half]),
		"y": base64.RawURLEncoding.EncodeToString(point[1+half:]),
	}}})
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	subject := r.FormValue("subject")
	if subject == "" || len(subject) > maxSubject {
		http.Error(w, "subject is missing or too long: name who signs in", http.StatusBadRequest)
		return
	}
	audience := cmp.Or(r.FormValue("audience"), i.audience)
	lasts, err := time.ParseDuration(cmp.Or(r.FormValue("seconds"), "600") + "s")
	if err != nil {
		http.Error(w, "seconds must be a number; negative for a token that has expired", http.StatusBadRequest)
		return
	}
	token, err := i.sign(subject, audience, lasts)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"id_token": token, "token_type": "Bearer", "expires_in": int(lasts.Seconds())})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}
