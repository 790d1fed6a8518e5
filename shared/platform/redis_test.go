package platform

import (
	"errors"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// tokens hands out one token after the other.
type tokens struct{ next []string }

func (t *tokens) Token() (*oauth2.Token, error) {
	if len(t.next) == 0 {
		return nil, errors.New("no identity here")
	}
	token := t.next[0]
	t.next = t.next[1:]
	return &oauth2.Token{AccessToken: token}, nil
}

func TestConnectionsSignInWithTheTokenOfTheMoment(t *testing.T) {
	server := miniredis.RunT(t)
	o, err := Config{Redis: server.Addr()}.RedisOptions()
	require.NoError(t, err)
	identify(o, &tokens{next: []string{"first", "second"}})
	client := redis.NewClient(o)
	defer client.Close()

	server.RequireAuth("first")
	require.NoError(t, client.Ping(t.Context()).Err())

	server.RequireAuth("second")
	server.Restart()
	require.Eventually(t, func() bool { return client.Ping(t.Context()).Err() == nil }, redisTimeout, redisTimeout/100)
}

func TestWithoutAnIdentityTheErrorSaysSo(t *testing.T) {
	server := miniredis.RunT(t)
	o, err := Config{Redis: server.Addr()}.RedisOptions()
	require.NoError(t, err)
	identify(o, &tokens{})
	client := redis.NewClient(o)
	defer client.Close()
	require.ErrorContains(t, client.Ping(t.Context()).Err(), "no identity here")
}

func TestCertificatesOfRedisMustBeReadable(t *testing.T) {
	_, err := Config{RedisTLS: true, RedisCA: "nonsense"}.RedisOptions()
	require.ErrorContains(t, err, "REDIS_CA")
}
