package platform

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/logs"
)

// meter counts Redis round trips in the caller's record; not those by which the
// pool sets up a connection.
type meter struct{}

func setsUp(cmd redis.Cmder) bool {
	switch cmd.Name() {
	case "hello", "auth", "client", "select":
		return true
	}
	return false
}

func (meter) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (meter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		start := time.Now()
		err := next(ctx, cmd)
		if setsUp(cmd) {
			return err
		}
		logs.Trip(ctx, "redis."+strings.ToUpper(cmd.Name()), time.Since(start))
		return err
	}
}

func (meter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		start := time.Now()
		err := next(ctx, cmds)
		if setsUp(cmds[0]) {
			return err
		}
		logs.Trip(ctx, "redis.PIPELINE", time.Since(start))
		return err
	}
}
