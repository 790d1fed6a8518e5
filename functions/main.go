// Command functions serves one function, the one that FUNCTION_TARGET names, on
// PORT: the same image runs them all.
//
// On SIGTERM it takes no new calls, lets those in flight end, keeps their
// records, and exits: Cloud Run allows ten seconds.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"lastmile/functions/registry"
	"lastmile/shared/function"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// drainTimeout leaves a second of Cloud Run's ten to keep the last records.
const drainTimeout = 9 * time.Second

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	spec, err := registry.Find(os.Getenv("FUNCTION_TARGET"))
	if err != nil {
		return fmt.Errorf("FUNCTION_TARGET: %w", err)
	}
	config, err := platform.ReadConfig(os.Environ())
	if err != nil {
		return err
	}
	p := platform.New(config, logs.Options{Service: spec.Name, Classify: function.Classify})
	handler, err := spec.Handler(p)
	if err != nil {
		return err
	}
	calls := &gate{next: handler}
	functions.HTTP(spec.Name, calls.ServeHTTP)

	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- funcframework.StartHostPort(os.Getenv("HOST"), port()) }()
	select {
	case err = <-failed:
	case <-terminated.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	calls.drain(ctx)
	if closed := p.Close(ctx); err == nil {
		err = closed
	}
	return err
}

func port() string {
	if p := os.Getenv("PORT"); p != "" {
		return p
	}
	return "8080"
}
