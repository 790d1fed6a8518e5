package pubsub_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/pubsub"
)

// keys reads a JWKS the way a verifier does.
func keys(t *testing.T, url string) map[string]*rsa.PublicKey {
	answer, err := http.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	var set struct {
		Keys []struct{ Kty, Alg, Kid, N, E string }
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&set))
	out := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		require.Equal(t, "RSA", k.Kty)
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		require.NoError(t, err)
		e, err := base64.RawURLEncoding.DecodeString(k.E)
		require.NoError(t, err)
		out[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return out
}

func TestThePushTokenVerifiesAgainstTheKeySet(t *testing.T) {
	const account = "push@p.iam.gserviceaccount.com"
	for name, c := range map[string]struct{ audience, want string }{
		"with the audience asked for":                    {"https://api.example.com", "https://api.example.com"},
		"without an audience, with that of the endpoint": {"", "endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, pubsub.Options{})
			e := serve(t, always(200))
			b.topic(topicName)
			b.sub(subName, func(s *pubsubpb.Subscription) {
				pushTo(e)(s)
				s.PushConfig.AuthenticationMethod = &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{ServiceAccountEmail: account, Audience: c.audience}}
			})
			b.publish(text("x"))
			b.idle()

			token, _ := strings.CutPrefix(e.all()[0].header.Get("Authorization"), "Bearer ")
			set := keys(t, b.srv.JWKSURL())
			claims := jwt.MapClaims{}
			if c.want == "endpoint" {
				c.want = e.url
			}
			_, err := jwt.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) { return set[t.Header["kid"].(string)], nil },
				jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience(c.want), jwt.WithIssuer("https://accounts.google.com"), jwt.WithExpirationRequired())
			require.NoError(t, err)
			require.Equal(t, account, claims["email"])
			require.Equal(t, true, claims["email_verified"])
		})
	}
}
