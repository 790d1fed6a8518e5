package realtime

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// Connect returns a client of the Redis at host:port, for a process that needs it
// for nothing else. Every command has a deadline and few retries: events are
// better late in the log than stuck here. Close it.
func Connect(addr, password string, secure bool) *redis.Client {
	o := &redis.Options{
		Addr:                  addr,
		Password:              password,
		ContextTimeoutEnabled: true,
		DialTimeout:           2 * time.Second,
		ReadTimeout:           2 * time.Second,
		WriteTimeout:          2 * time.Second,
		MaxRetries:            1,
		DialerRetries:         1,
		PoolSize:              64,
		ReadBufferSize:        8 << 10,
		WriteBufferSize:       8 << 10,
	}
	if host, _, err := net.SplitHostPort(addr); secure && err == nil {
		o.TLSConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return redis.NewClient(o)
}
