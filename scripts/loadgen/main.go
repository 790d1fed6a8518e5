// Command loadgen puts a load on a platform that runs, and draws how it bears it.
//
//	go run ./scripts/loadgen -token $TOKEN -sockets 500 -producers 200 -orders 10/s -for 30s -out load
//
// It is an open loop: what is to happen at a time is counted from that time, also
// when the platform or this machine is behind, so that no slow answer hides those
// that had to wait for it (Tene, "How not to measure latency"). Sockets watch the
// couriers who report; customers order from a shop that is open, wait for the news
// on their own sockets, and take the order back. It ends with a table on standard
// output and, with -out, a report with pictures.
//
// The platform has to trust the development issuer, by which people sign in. The
// token may stand in OPERATOR_TOKEN instead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options say where the platform is, and how much it has to bear.
type options struct {
	api, issuer, token, shop, out string

	sockets, producers int
	orders             float64 // a second
	lasts              time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	r, err := load(ctx, o, out)
	if err != nil {
		return err
	}
	if err := r.table(out); err != nil || o.out == "" {
		return err
	}
	return r.write(o.out)
}

func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("loadgen", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.api, "api", "http://127.0.0.1:8080", "the `URL` of the platform")
	f.StringVar(&o.issuer, "issuer", "", "the `URL` of the development issuer that it trusts; its own by default")
	f.StringVar(&o.token, "token", os.Getenv("OPERATOR_TOKEN"), "an operator's `token`")
	f.StringVar(&o.shop, "shop", "", "where customers order; the first that is open by default")
	f.IntVar(&o.sockets, "sockets", 100, "how many sockets watch couriers")
	f.IntVar(&o.producers, "producers", 50, "how many couriers report, once a second each")
	f.Func("orders", "how many orders are placed, `as in` 5/s; none by default", func(s string) (err error) {
		o.orders, err = strconv.ParseFloat(strings.TrimSuffix(s, "/s"), 64)
		return err
	})
	f.DurationVar(&o.lasts, "for", 30*time.Second, "how long")
	f.StringVar(&o.out, "out", "", "write a report with pictures into this `folder`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.issuer == "" {
		o.issuer = o.api + "/issuer"
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q: every setting is a flag, see -help", f.Arg(0))
	case o.token == "":
		return o, errors.New("-token is missing: give an operator's token, which go run ./emulators prints")
	case o.sockets < 0 || o.producers < 0 || o.orders < 0 || o.lasts < time.Second:
		return o, errors.New("-sockets, -producers and -orders must not be negative, and -for at least 1s")
	}
	return o, nil
}
