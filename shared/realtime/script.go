package realtime

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var sources embed.FS

// scripts are the Lua programs. They are sent by hash, and in full to a Redis
// that does not know them.
type scripts struct {
	publish, attach, leave, ack, claim, settle, beat, condemn *redis.Script
}

func loadScripts() (*scripts, error) {
	var errs []error
	load := func(name string) *redis.Script {
		prelude, err := sources.ReadFile("lua/prelude.lua")
		errs = append(errs, err)
		body, err := sources.ReadFile("lua/" + name + ".lua")
		errs = append(errs, err)
		return redis.NewScript(string(prelude) + "\n" + string(body))
	}
	s := &scripts{
		publish: load("publish"), attach: load("attach"), leave: load("leave"), ack: load("ack"),
		claim: load("claim"), settle: load("settle"), beat: load("beat"), condemn: load("condemn"),
	}
	return s, errors.Join(errs...)
}

// call is one run of a script among many.
type call struct {
	keys []string
	args []any
}

// runAll runs a script many times in few round trips, and returns the answers in
// the order of the calls.
func runAll(ctx context.Context, r redis.UniversalClient, s *redis.Script, calls []call) ([]*redis.Cmd, error) {
	const most = 100 // so that none outlasts the deadline of a slow Redis
	answers := make([]*redis.Cmd, 0, len(calls))
	for len(calls) > 0 {
		n := min(most, len(calls))
		some, err := runSome(ctx, r, s, calls[:n])
		if err != nil {
			return nil, err
		}
		answers, calls = append(answers, some...), calls[n:]
	}
	return answers, nil
}

func runSome(ctx context.Context, r redis.UniversalClient, s *redis.Script, calls []call) ([]*redis.Cmd, error) {
	for try := 1; ; try++ {
		answers := make([]*redis.Cmd, len(calls))
		_, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, c := range calls {
				answers[i] = s.EvalSha(ctx, p, c.keys, c.args...)
			}
			return nil
		})
		if err == nil || !redis.HasErrorPrefix(err, "NOSCRIPT") || try > 1 {
			return answers, unavailable(err)
		}
		if err := s.Load(ctx, r).Err(); err != nil {
			return nil, unavailable(err)
		}
	}
}

// unavailable marks every error of Redis: there is nothing that a caller could
// do about one but to try again.
func unavailable(err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
