package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/emulators/stack"
	"lastmile/scripts/demo/city"
	"lastmile/shared/catalog"
	"lastmile/shared/job"
)

// demoShop is the shop whose catalogue the demo syncs.
const demoShop = "corner-shop"

// roadsOf prepares the map that couriers ride on and distances are measured on,
// whether they are here or scripts/demo has them elsewhere.
func roadsOf(o options) (path string, err error) {
	dir := filepath.Join(o.data, "roads")
	if o.data == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		dir = filepath.Join(cache, "lastmile")
	}
	return city.Prepare(dir, o.osm)
}

// headStart is how long the city has the platform for itself.
const headStart = 5 * time.Second

// demo syncs a catalogue while a city lives.
func demo(ctx context.Context, s *stack.Stack, o options, roads string, out io.Writer) error {
	if o.couriers == 0 {
		return syncs(ctx, s, out)
	}
	screen := city.NewScreen(out)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := sleep(ctx, headStart); err != nil {
			return err
		}
		return syncs(ctx, s, screen)
	})
	g.Go(func() error {
		return city.Show(ctx, city.Options{
			API: s.URL, Issuer: s.Issuer, Operator: s.Operator, Roads: roads,
			Couriers: o.couriers, Shops: o.shops, Orders: float64(o.orders), Speed: o.speed, Seed: 1, Ends: 2,
		}.Lively(), screen)
	})
	return g.Wait()
}

// syncs syncs a catalogue twice, through the API as an operator would, and says
// how it went.
func syncs(ctx context.Context, s *stack.Stack, out io.Writer) error {
	settings := s.Provider.Settings(catalog.ByOffset, demoShop)
	settings.Limits.Parallelism = 32
	if err := putSettings(ctx, s, settings); err != nil {
		return err
	}
	for _, round := range []string{"first sync of " + demoShop, "the same again"} {
		if err := syncDemo(ctx, s, out, round); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\nCtrl-C stops.")
	return nil
}

// putSettings has the shop's catalogue come from the demo provider, which may
// have moved since the last time.
func putSettings(ctx context.Context, s *stack.Stack, settings catalog.Settings) error {
	path := "/v1/shops/" + demoShop + "/catalog"
	var stored struct {
		Version int `json:"version"`
	}
	var header []string
	if err := s.Call(ctx, http.MethodGet, path, nil, &stored); err == nil {
		header = []string{"If-Match", strconv.Quote(strconv.Itoa(stored.Version))}
	}
	return s.Call(ctx, http.MethodPut, path, settings, nil, header...)
}

// syncDemo runs a sync to its end.
func syncDemo(ctx context.Context, s *stack.Stack, out io.Writer, title string) error {
	var j struct {
		ID job.ID `json:"id"`
	}
	if err := s.Call(ctx, http.MethodPost, "/v1/shops/"+demoShop+"/catalog/sync?join=true", nil, &j); err != nil {
		return err
	}
	line := newStatusLine(out)
	for {
		var p struct {
			Progress job.Progress `json:"progress"`
		}
		if err := s.Call(ctx, http.MethodGet, "/v1/jobs/"+string(j.ID), nil, &p); err != nil {
			return err
		}
		if p.Progress.State.Closed() {
			line.last(summary(title, p.Progress))
			return nil
		}
		line.show(bar(title, p.Progress))
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func bar(title string, p job.Progress) string {
	const width = 30
	filled := 0
	if p.Total > 0 {
		filled = min(width, width*p.Pages/p.Total)
	}
	return fmt.Sprintf("%-26s [%s%s] %d/%d pages  %d items read, %d written  %.0f pages/s",
		title, strings.Repeat("=", filled), strings.Repeat(" ", width-filled), p.Pages, p.Total, p.Read, p.Changed, p.Rate)
}

func summary(title string, p job.Progress) string {
	return fmt.Sprintf("%-26s %s in %.1f s: %d pages, %d items read, %d written, %d unchanged",
		title, p.State, p.Elapsed, p.Pages, p.Read, p.Changed, p.Unchanged)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// statusLine is a line that changes in place on a terminal, and is printed at
// its end only elsewhere.
type statusLine struct {
	out      io.Writer
	terminal bool
}

func newStatusLine(out io.Writer) statusLine {
	f, ok := out.(*os.File)
	if !ok {
		return statusLine{out, false}
	}
	info, err := f.Stat()
	return statusLine{out, err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// show overwrites the line.
func (l statusLine) show(text string) {
	if l.terminal {
		fmt.Fprintf(l.out, "\r\x1b[K%s", text)
	}
}

// last overwrites the line and ends it.
func (l statusLine) last(text string) {
	l.show("")
	fmt.Fprintln(l.out, text)
}
