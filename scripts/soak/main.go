// Command soak lets a city live on the platform for a while, and looks at what
// grows that should not.
//
//	go run ./scripts/soak              an hour at half of the demo's load
//	go run ./scripts/soak -for 10m
//
// Three processes share the work, so that each one's memory is its own: this one
// runs every function and a gateway, one the services, and one the city. Every
// so often it collects garbage and counts memory, goroutines, file handles, the
// keys of Redis and the documents of each collection. In the end it draws a line
// through the figures of each, leaving out the warm-up, and says which lines are
// flat; what is kept on purpose is named with the reason. It fails if anything
// else grows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"lastmile/emulators/stack"
	"lastmile/scripts/demo/city"
)

// options are the flags.
type options struct {
	lasts, every, warm time.Duration
	couriers, shops    int
	orders             city.Rate
	speed              float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == serviceChild {
		return serve(ctx)
	}
	if len(args) > 0 && args[0] == cityChild {
		return live(ctx, os.Getenv(cityVariable))
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return soak(ctx, o)
}

func parse(args []string) (options, error) {
	o := options{orders: 1.5}
	f := flag.NewFlagSet("soak", flag.ContinueOnError)
	f.DurationVar(&o.lasts, "for", time.Hour, "how long the city lives")
	f.DurationVar(&o.every, "every", 0, "between two looks; a sixtieth of it all by default")
	f.DurationVar(&o.warm, "warm", 0, "how long the warm-up is, which counts for nothing; a quarter of it all by default")
	f.IntVar(&o.couriers, "couriers", 500, "how many couriers there are")
	f.IntVar(&o.shops, "shops", 42, "how many shops there are")
	f.Var(&o.orders, "orders", "how many orders come, `as in` 20/s or 90/m")
	f.Float64Var(&o.speed, "speed", 10, "how much faster than real life")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: every setting is a flag, see -help", f.Arg(0))
	}
	if o.every == 0 {
		o.every = o.lasts / 60
	}
	if o.warm == 0 {
		o.warm = o.lasts / 4
	}
	return o, nil
}

// soak runs it all, and reports.
func soak(ctx context.Context, o options) error {
	services, environ, err := startServices(ctx)
	if err != nil {
		return err
	}
	defer services.end()
	roads, err := mapOfCity()
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Options{Environ: append(environ, "ROAD_FILE="+roads), Gateways: 1})
	if err != nil {
		return err
	}
	defer s.Close()
	people, err := startCity(ctx, city.Options{
		API: s.URL, Issuer: s.Issuer, Operator: s.Operator, Roads: roads,
		Couriers: o.couriers, Shops: o.shops, Orders: float64(o.orders), Speed: o.speed, Seed: 1,
	}.Lively())
	if err != nil {
		return err
	}
	defer people.end()
	return watch(ctx, o, s.Config, services, people)
}

func mapOfCity() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return city.Prepare(filepath.Join(cache, "lastmile"), "")
}
