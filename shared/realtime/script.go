package realtime

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var sources embed.FS

// scripts are the Lua programs. They are sent by hash, and in full to a Redis
// that does not know them.
type scripts struct {
	publish, attach, leave, ack, claim, settle, beat, condemn, count *redis.Script
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
		claim: load("claim"), settle: load("settle"), beat: load("beat"), condemn: load("condemn"), count: load("count"),
	}
	return s, errors.Join(errs...)
}

// call is one run of a script among many.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// runAll runs scripts in few round trips, and returns the answers in the order of
// the calls. If one failed, so have they all.
func runAll(ctx context.Context, r redis.UniversalClient, calls []call) ([]*redis.Cmd, error) {
	answers := make([]*redis.Cmd, 0, len(calls))
	for some := range slices.Chunk(calls, maxTogether) {
		answers = append(answers, runOnce(ctx, r, some)...)
		for _, a := range answers[len(answers)-len(some):] {
			if err := unavailable(a.Err()); err != nil {
				return nil, err
			}
		}
	}
	return answers, nil
}

// runOnce runs scripts in one round trip. Those that Redis did not know are run
// again, in full; the others are not: they may count.
func runOnce(ctx context.Context, r redis.UniversalClient, calls []call) []*redis.Cmd {
	answers := make([]*redis.Cmd, len(calls))
	pipe := r.Pipeline()
	for i, c := range calls {
		answers[i] = c.script.EvalSha(ctx, pipe, c.keys, c.args...)
	}
	_, _ = pipe.Exec(ctx) // each answer has its error
	unknown := r.Pipeline()
	for i, c := range calls {
		if redis.HasErrorPrefix(answers[i].Err(), "NOSCRIPT") {
			answers[i] = c.script.Eval(ctx, unknown, c.keys, c.args...)
		}
	}
	if unknown.Len() > 0 {
		_, _ = unknown.Exec(ctx)
	}
	return answers
}

// unavailable marks every error of Redis: there is nothing that a caller could
// do about one but to try again.
func unavailable(err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
