// Command demo lets a city live on a platform that runs elsewhere, or locally as
// go run ./emulators -demo=false.
//
//	go run ./scripts/demo -token $TOKEN
//	go run ./scripts/demo -token $TOKEN -couriers 10000 -orders 20/s
//	go run ./scripts/demo -token $TOKEN -api https://api.example -issuer https://issuer.example -osm city.osm.pbf
//
// The platform has to trust the issuer, to find the shops' catalogues at
// -provider-url, and to measure ways on the same map. The token may stand in
// OPERATOR_TOKEN instead.
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

	"lastmile/scripts/demo/city"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, osm, err := parse(args, out)
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	if o.Roads, err = city.Prepare(filepath.Join(cache, "lastmile"), osm); err != nil {
		return err
	}
	return city.Show(ctx, o, city.NewScreen(out))
}

func parse(args []string, out io.Writer) (o city.Options, osm string, err error) {
	o = city.Options{Orders: 3}.Lively()
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.API, "api", "http://127.0.0.1:8080", "the `URL` of the platform")
	f.StringVar(&o.Issuer, "issuer", "", "the `URL` of the development issuer that it trusts; its own by default")
	f.StringVar(&o.Operator, "token", os.Getenv("OPERATOR_TOKEN"), "an operator's `token`")
	f.IntVar(&o.Couriers, "couriers", 1000, "how many couriers there are")
	f.IntVar(&o.Shops, "shops", 42, "how many shops there are")
	f.Var((*city.Rate)(&o.Orders), "orders", "how many orders come, `as in` 20/s or 90/m")
	f.IntVar(&o.Most, "most", 0, "end after so many orders; 0 is never")
	f.Float64Var(&o.Speed, "speed", 10, "how much faster than real life")
	f.Uint64Var(&o.Seed, "seed", 1, "of all that is random")
	f.BoolVar(&o.Steady, "steady", false, "no rush hours, and nothing that goes wrong")
	f.StringVar(&o.Provider, "provider", "127.0.0.1:0", "serve the shops' catalogues at `host:port`")
	f.StringVar(&o.ProviderPublic, "provider-url", "", "the `URL` at which the platform finds them")
	f.StringVar(&osm, "osm", "", "an OpenStreetMap `extract` to ride in; a city that does not exist by default")
	if err := f.Parse(args); err != nil {
		return o, osm, err
	}
	if o.Issuer == "" {
		o.Issuer = o.API + "/issuer"
	}
	switch {
	case f.NArg() > 0:
		return o, osm, fmt.Errorf("unexpected argument %q: every setting is a flag, see -help", f.Arg(0))
	case o.Operator == "":
		return o, osm, errors.New("-token is missing: give an operator's token, which go run ./emulators prints")
	}
	return o, osm, nil
}
