package platform

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// redisTimeout bounds every step of a command.
const redisTimeout = 2 * time.Second

// identityLifetime renews connections before Memorystore ends those that were
// opened with an identity: it does after twelve hours.
const identityLifetime = 11 * time.Hour

// RedisOptions are how the configuration's Redis is reached.
func (c Config) RedisOptions() (*redis.Options, error) {
	o := &redis.Options{
		Addr:                  c.Redis,
		Password:              string(c.RedisAuth),
		ContextTimeoutEnabled: true,
		DialTimeout:           redisTimeout,
		ReadTimeout:           redisTimeout,
		WriteTimeout:          redisTimeout,
	}
	if c.RedisTLS {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		if c.RedisCA != "" {
			o.TLSConfig.RootCAs = x509.NewCertPool()
			if !o.TLSConfig.RootCAs.AppendCertsFromPEM([]byte(c.RedisCA)) {
				return nil, errors.New("REDIS_CA holds no certificate in PEM")
			}
		}
	}
	if c.RedisIAM {
		tokens, err := google.DefaultTokenSource(context.Background(), "https://www.googleapis.com/auth/cloud-platform")
		if err != nil {
			return nil, fmt.Errorf("REDIS_IAM: %w", err)
		}
		identify(o, tokens)
	}
	return o, nil
}

// identify signs connections in with tokens of the service's account.
func identify(o *redis.Options, tokens oauth2.TokenSource) {
	o.ConnMaxLifetime = identityLifetime
	o.CredentialsProviderContext = func(context.Context) (string, string, error) {
		token, err := tokens.Token()
		if err != nil {
			return "", "", fmt.Errorf("sign in to Redis: %w", err)
		}
		return "default", token.AccessToken, nil
	}
}
