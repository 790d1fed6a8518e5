package realtime

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/nowait"
)

// Connect returns a client of the Redis that o leads to, for a process that needs
// it for nothing else. Every command has a deadline and few retries: events are
// better late in the log than stuck here. Close it.
func Connect(o *redis.Options) *redis.Client {
	own := *o
	own.ContextTimeoutEnabled = true
	own.DialTimeout, own.ReadTimeout, own.WriteTimeout = dialTimeout, 2*time.Second, 2*time.Second
	own.MaxRetries, own.DialerRetries = 1, 1
	own.PoolSize = 64
	own.ReadBufferSize, own.WriteBufferSize = 8<<10, 8<<10
	if own.Dialer == nil {
		own.Dialer = dialer(o.TLSConfig)
	}
	return redis.NewClient(&own)
}

// dialTimeout bounds the opening of a connection, subscriptions among them, for
// which the client sets no deadline of its own.
const dialTimeout = 2 * time.Second

// dialer opens connections that cost little, with TLS if config is not nil.
func dialer(config *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		c, err := nowait.Dial(ctx, network, addr)
		if err != nil || config == nil {
			return c, err
		}
		named := config.Clone()
		if named.ServerName == "" {
			named.ServerName, _, _ = net.SplitHostPort(addr)
		}
		secured := tls.Client(c, named)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			return nil, err
		}
		return secured, nil
	}
}
