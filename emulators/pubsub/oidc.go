package pubsub

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	tokenIssuer = "https://accounts.google.com"
	tokenLife   = time.Hour
	tokenSpare  = 5 * time.Minute // a token with less left is not sent any more
	maxTokens   = 1024
)

// signer makes the OIDC tokens of pushes with a key of its own. The key is made when it is
// first needed, because that takes longer than starting the server.
type signer struct {
	now func() time.Time
	key func() (*rsa.PrivateKey, error)

	mu     sync.Mutex
	tokens map[tokenFor]issued
}

type tokenFor struct{ account, audience string }

type issued struct {
	token string
	until time.Time
}

func newSigner(now func() time.Time) *signer {
	return &signer{now: now, tokens: map[tokenFor]issued{}, key: sync.OnceValues(func() (*rsa.PrivateKey, error) {
		return rsa.GenerateKey(rand.Reader, 2048)
	})}
}

// token is a token for the service account, as Google signs it.
func (k *signer) token(account, audience string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, who := k.now(), tokenFor{account, audience}
	if t := k.tokens[who]; now.Before(t.until) {
		return t.token, nil
	}
	key, err := k.key()
	if err != nil {
		return "", fmt.Errorf("make a key for push tokens: %w", err)
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": tokenIssuer, "aud": audience, "azp": accountID(account), "sub": accountID(account),
		"email": account, "email_verified": true,
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
	})
	t.Header["kid"] = keyID(&key.PublicKey)
	signed, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign a push token for %s: %w", account, err)
	}
	if len(k.tokens) >= maxTokens {
		clear(k.tokens)
	}
	k.tokens[who] = issued{signed, now.Add(tokenLife - tokenSpare)}
	return signed, nil
}

// accountID is the number by which Google knows a service account.
func accountID(account string) string {
	return fmt.Sprintf("1%020d", crc32.ChecksumIEEE([]byte(account)))
}

func keyID(key *rsa.PublicKey) string {
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE(key.N.Bytes()))
}

// keySet is the JWKS of the signer.
func (k *signer) keySet() ([]byte, error) {
	key, err := k.key()
	if err != nil {
		return nil, err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": keyID(&key.PublicKey),
		"n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
	}}})
}

// ServeHTTP serves the key set on every path.
func (k *signer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	set, err := k.keySet()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(set)
}
