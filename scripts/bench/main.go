// Command bench measures the system and prints what it found beside its aims:
// one table a section, as Markdown.
//
//	go run ./scripts/bench                             everything
//	go run ./scripts/bench sync api                    these sections
//	go run ./scripts/bench -write docs/FIGURES.md api  and puts their tables into a file
//
// Ratios are of runs side by side on this machine, and say more than absolute
// figures. A peer that is not on the machine is left out, and the row says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// section measures one part of the system.
type section struct {
	name, title string
	measure     func(context.Context, *report) error
}

func sections() []section {
	return []section{
		{"whole", "The whole", benchWhole},
		{"events", "Events through push", benchEvents},
		{"api", "What every request pays", benchAPI},
		{"logs", "Records", benchLogs},
		{"jobs", "Jobs: the caller's latency", benchJobs},
		{"sync", "Catalogue sync", benchSync},
		{"soak", "A day of the demo", benchSoak},
		{"firestore", "Firestore emulator beside Google's", benchFirestore},
		{"pubsub", "Pub/Sub emulator beside Google's", benchPubSub},
		{"realtime", "Real time beside centrifuge and Socket.IO", benchRealtime},
		{"delivery", "To one of many sockets, over many instances", benchDelivery},
		{"locations", "Locations on two paths", benchLocations},
		{"distance", "Road distances", benchDistance},
		{"campaigns", "Campaigns", benchCampaigns},
		{"assign", "Assignment", benchAssign},
		{"dispatch", "Offers, and scores", benchDispatch},
		{"selling", "Carts and orders", benchSelling},
		{"files", "Files over any provider", benchFiles},
		{"console", "The console in a browser", benchConsole},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	served, err := serveChild(ctx, os.Args[1:])
	if !served {
		err = run(ctx, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	file := flags.String("write", "", "put the tables into this `file`, in place of those of the same sections")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen := flags.Args()
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	for _, c := range chosen {
		if !slices.Contains(names, c) {
			return fmt.Errorf("no section %q; there are %s", c, strings.Join(names, ", "))
		}
	}
	for _, s := range sections() {
		if len(chosen) > 0 && !slices.Contains(chosen, s.name) {
			continue
		}
		r := &report{}
		if err := s.measure(ctx, r); err != nil {
			return fmt.Errorf("bench %s: %w", s.name, err)
		}
		table := r.markdown(s.title)
		fmt.Println("\n" + table)
		if *file == "" {
			continue
		}
		if err := write(*file, s.title, table); err != nil {
			return err
		}
	}
	return nil
}

func write(file, title, table string) error {
	document, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, []byte(place(string(document), title, table)), 0o644)
}
