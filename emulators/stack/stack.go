// Package stack runs the whole platform in one process: the emulators, every
// registered function behind a URL of its own, and what they need to find each
// other. The program in emulators and the tests start it alike.
//
// Functions know nothing of it: each has its own configuration and connections,
// as a process of its own would.
package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"lastmile/emulators/firestore"
	"lastmile/emulators/provider"
	"lastmile/emulators/pubsub"
	"lastmile/emulators/redis"
	"lastmile/emulators/scheduler"
	"lastmile/emulators/tasks"
	"lastmile/shared/platform"
)

// Options are the knobs of a stack; the zero value works.
type Options struct {
	// Addr is where the functions are served; "" is a free port on 127.0.0.1.
	Addr string

	// Dir is where the state survives a restart; "" is a folder that Close removes.
	Dir string

	// Environ names services to use in place of ours, as lines like those of
	// [os.Environ]: PUBSUB_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST,
	// CLOUD_TASKS_EMULATOR_HOST, REDIS_ADDR, GOOGLE_CLOUD_PROJECT.
	Environ []string

	// Google names, by their variables, services of which Google's own are used, with
	// the project and the credentials that the machine has.
	Google []string

	// Log takes the functions' records, a line of JSON each; nil discards them.
	Log io.Writer

	// Quiet keeps the schedules from firing by themselves.
	Quiet bool

	// Provider is the third-party catalogue.
	Provider provider.Options

	// Gateways is how many socket servers run, behind URL/gateway.
	Gateways int

	// EmbeddedRedis keeps from running a redis-server that is on PATH.
	EmbeddedRedis bool

	// Now is the clock of Cloud Tasks and of what timers and the sweep do; nil is
	// time.Now. It may jump ahead.
	Now func() time.Time
}

// Stack is a running platform. Emulators that Options.Environ replaced are nil.
type Stack struct {
	// URL is where the API is; functions are at URL/functions/{name}.
	URL string

	// Issuer is the URL of the identity provider that the API trusts.
	Issuer string

	// Operator is the token that operators send.
	Operator string

	// Environ is the environment that functions and gateways read.
	Environ []string

	Config    platform.Config
	Firestore *firestore.Server
	PubSub    *pubsub.Server
	Tasks     *tasks.Server
	Redis     *redis.Server
	Scheduler *scheduler.Server
	Provider  *provider.Server

	options   Options
	temporary bool // Options.Dir is ours to remove
	front     *front
	platform  *platform.Platform
	closes    []func() error // in the order of starting
}

// Start returns a stack that is ready for calls.
func Start(ctx context.Context, o Options) (*Stack, error) {
	s := &Stack{options: o}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start the stack: %w", err), s.Close())
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.prepareDir,
		s.listen,
		s.startServices,
		s.configure,
		s.provision,
		s.openPlatform,
		s.enrol,
		s.serveFunctions,
		s.startGateways,
		s.startSchedules,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close stops taking calls, lets those in flight end, and stops everything, the
// last started first.
func (s *Stack) Close() error {
	var errs []error
	for i := len(s.closes) - 1; i >= 0; i-- {
		errs = append(errs, s.closes[i]())
	}
	s.closes = nil
	if s.temporary {
		errs = append(errs, os.RemoveAll(s.options.Dir))
	}
	return errors.Join(errs...)
}

// log is where the functions and gateways write.
func (s *Stack) log() io.Writer {
	if s.options.Log == nil {
		return io.Discard
	}
	return s.options.Log
}

func (s *Stack) onClose(f func() error) { s.closes = append(s.closes, f) }

func (s *Stack) prepareDir(context.Context) error {
	if s.options.Dir != "" {
		return os.MkdirAll(s.options.Dir, 0o700)
	}
	dir, err := os.MkdirTemp("", "lastmile-")
	s.options.Dir, s.temporary = dir, err == nil
	return err
}
