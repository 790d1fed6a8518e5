package realtime

import (
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
	own.DialTimeout, own.ReadTimeout, own.WriteTimeout = 2*time.Second, 2*time.Second, 2*time.Second
	own.MaxRetries, own.DialerRetries = 1, 1
	own.PoolSize = 64
	own.ReadBufferSize, own.WriteBufferSize = 8<<10, 8<<10
	if own.Dialer == nil && own.TLSConfig == nil {
		own.Dialer = nowait.Dial
	}
	return redis.NewClient(&own)
}
