// Command emulators runs the whole platform in one process: Pub/Sub, Firestore,
// Cloud Tasks, the scheduler, Redis, every function, and a city that lives on it.
//
//	go run ./emulators
//	go run ./emulators -couriers 3000 -orders 5/s
//	go run ./emulators -data ./.lastmile      keep the state for the next time
//	go run ./emulators -only firestore,pubsub  just those services, for any project
//
// PUBSUB_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST, CLOUD_TASKS_EMULATOR_HOST and
// REDIS_ADDR name services to use in place of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/scripts/demo/city"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	addr, provider, data, redis, only, logs, google string
	osm                                             string
	demo                                            bool
	items, gateways, couriers, shops                int
	orders                                          city.Rate
	speed                                           float64
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{orders: 3}
	f := flag.NewFlagSet("emulators", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "serve the API and the functions at `host:port`")
	f.StringVar(&o.provider, "provider", "127.0.0.1:8081", "serve the demo's catalogue at `host:port`")
	f.StringVar(&o.data, "data", "", "keep the state in `dir` and find it there the next time")
	f.BoolVar(&o.demo, "demo", true, "let a city live on the platform, and sync a catalogue")
	f.IntVar(&o.couriers, "couriers", 1000, "how many couriers the city has; 0 is no city")
	f.IntVar(&o.shops, "shops", 42, "how many shops the city has")
	f.Var(&o.orders, "orders", "how many orders come, `as in` 20/s or 90/m")
	f.Float64Var(&o.speed, "speed", 10, "how much faster than real life the city is")
	f.StringVar(&o.osm, "osm", "", "an OpenStreetMap `extract` for the roads; a city that does not exist by default")
	f.IntVar(&o.items, "items", 11_125, "how many items the demo catalogue has")
	f.IntVar(&o.gateways, "gateways", 1, "how many socket gateways run behind the one address")
	f.StringVar(&o.redis, "redis", "", "use the Redis at `host:port`")
	f.StringVar(&o.google, "google", "", "use Google's own `services` in GOOGLE_CLOUD_PROJECT: of firestore,pubsub,tasks")
	f.StringVar(&o.only, "only", "", "run only these `services`, divided by commas: "+serviceNames())
	f.StringVar(&o.logs, "logs", "", "write the functions' records to `file`; - is the terminal")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: every setting is a flag, see -help", f.Arg(0))
	}
	return o, nil
}

func run(ctx context.Context, args, environ []string, out io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	if o.only != "" {
		return runOnly(ctx, o, out)
	}
	return runAll(ctx, o, environ, out)
}

// brief keeps records for as long as somebody looks into what they have just seen: a
// city that lives writes hundreds a second, into memory.
const brief = "LOG_RETENTION=info:10m,warn:2h"

func runAll(ctx context.Context, o options, environ []string, out io.Writer) (err error) {
	records, err := openLog(o.logs, out)
	if err != nil {
		return err
	}
	defer records.Close()
	if o.data != "" {
		if o.data, err = filepath.Abs(o.data); err != nil {
			return err
		}
	}
	roads, err := roadsOf(o)
	if err != nil {
		return err
	}
	if o.redis != "" {
		environ = append(environ, "REDIS_ADDR="+o.redis)
	}
	google, err := variables(o.google)
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Options{
		Addr: o.addr, Dir: o.data, Environ: append(chosen(environ), "ROAD_FILE="+roads, brief), Google: google, Log: records, Gateways: o.gateways,
		Provider: provider.Options{Addr: o.provider, Items: o.items},
	})
	if err != nil {
		return err
	}
	defer func() {
		fmt.Fprintln(out, "\nstopping: calls in flight end first")
		err = errors.Join(err, s.Close())
	}()
	if err := printTable(ctx, out, s); err != nil {
		return err
	}
	if o.demo {
		if err := demo(ctx, s, o, roads, out); err != nil && ctx.Err() == nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	<-ctx.Done()
	return nil
}

// openLog returns where the functions' records go.
func openLog(name string, out io.Writer) (io.WriteCloser, error) {
	switch name {
	case "":
		return nopCloser{io.Discard}, nil
	case "-":
		return nopCloser{out}, nil
	}
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
