// Command screenshots takes the pictures of the console that the README shows,
// from a platform that runs: go run ./emulators in another terminal.
//
//	go run ./scripts/screenshots -token $TOKEN -out docs
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
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	url, token, out string
	views           string
	wait            time.Duration
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("screenshots", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.url, "url", "http://127.0.0.1:8080", "the `URL` of the platform")
	f.StringVar(&o.token, "token", os.Getenv("OPERATOR_TOKEN"), "an operator's `token`")
	f.StringVar(&o.out, "out", ".", "the `folder` to write to")
	f.StringVar(&o.views, "views", "/,/orders,/campaigns,/system", "the `views` to take, divided by commas")
	f.DurationVar(&o.wait, "wait", 3*time.Second, "how long a view may load")
	if err := f.Parse(args); err != nil {
		return err
	}
	if o.token == "" {
		return errors.New("-token must be an operator's: go run ./emulators prints one")
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for _, l := range looks() {
		if err := l.take(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return nil
}

// look is a screen and a colour scheme.
type look struct {
	name, scheme  string
	width, height int64
	scale         float64
	mobile        bool
}

func looks() []look {
	return []look{
		{"light", "light", 1360, 850, 1, false},
		{"dark", "dark", 1360, 850, 1, false},
		{"phone", "light", 390, 844, 2, true},
	}
}

// take signs in once and pictures each view.
func (l look) take(ctx context.Context, o options) error {
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(flags...))
	defer cancel()
	if err := chromedp.Do(ctx, l.emulate,
		chromedp.Navigate(o.url+"/"),
		chromedp.SendKeys(chromedp.CSS("#secret"), o.token+"\n"),
		chromedp.WaitVisible(chromedp.CSS("#title")),
	); err != nil {
		return err
	}
	for _, view := range strings.Split(o.views, ",") {
		if err := chromedp.Do(ctx, chromedp.Navigate(o.url+"/#"+view), chromedp.Sleep(o.wait)); err != nil {
			return fmt.Errorf("view %s: %w", view, err)
		}
		picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return fmt.Errorf("view %s: %w", view, err)
		}
		if picture, err = shrink(picture); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(o.out, fileName(view)+"-"+l.name+".png"), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// emulate makes the browser's screen and scheme those of l.
func (l look) emulate(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	screen := emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: l.height, DeviceScaleFactor: l.scale, Mobile: l.mobile}
	if _, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, screen); err != nil {
		return chromedp.Void{}, err
	}
	scheme := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}}
	_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, scheme)
	return chromedp.Void{}, err
}

// fileName is map for /, and orders-12 for /orders/12.
func fileName(view string) string {
	name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(view), "-")
	if name == "" {
		return "map"
	}
	return name
}
