package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/chromedp/chromedp"

	"lastmile/emulators/stack"
	"lastmile/scripts/demo/city"
	"lastmile/shared/auth"
	"lastmile/shared/bus"
	"lastmile/shared/event"
	"lastmile/shared/track"
)

// benchConsole measures the console in a Chromium, beside a page that has nothing
// on it.
func benchConsole(ctx context.Context, r *report) error {
	if _, err := exec.LookPath("chromium"); err != nil {
		r.row("the console in a browser", "no chromium here", "", "", "", false)
		return nil
	}
	roads, err := city.Prepare(os.TempDir(), "")
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Options{Quiet: true, Gateways: 1, Environ: []string{"ROAD_FILE=" + roads}})
	if err != nil {
		return err
	}
	defer s.Close()
	const couriers = 10_000
	if err := scatter(ctx, s, couriers, time.Now()); err != nil {
		return err
	}
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><p>nothing</p>")
	}))
	defer empty.Close()
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1360, 900))
	page, cancel := chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(flags...))
	defer cancel()
	blank, err := paints(page, empty.URL)
	if err != nil {
		return err
	}
	most, err := frames(page)
	if err != nil {
		return err
	}
	if err := chromedp.Do(page, chromedp.Navigate(s.URL+"/"), chromedp.SendKeys(chromedp.CSS("#secret"), s.Token(auth.Operator, "olga")+"\n"),
		chromedp.WaitVisible(chromedp.CSS("#fleet-size"))); err != nil {
		return err
	}
	first, err := paints(page, s.URL+"/")
	if err != nil {
		return err
	}
	r.row("first paint of the console, signed in, median of 11", fmt.Sprintf("%.0f ms", first), fmt.Sprintf("%.0f ms, an empty page", blank),
		fmt.Sprintf("%.1fx", first/blank), "< 200 ms", first < 200)
	_, err = chromedp.Run(page, chromedp.Poll[bool]("document.querySelector('#fleet-size')?.innerText.replace(/\\D/g, '') === '10000'", chromedp.WithPollingTimeout(time.Minute)))
	if err != nil {
		return fmt.Errorf("the couriers are not on the map: %w", err)
	}
	if err := scatter(ctx, s, couriers, time.Now()); err != nil { // so that all glide
		return err
	}
	shown, err := frames(page)
	if err != nil {
		return err
	}
	r.row("the map with 10,000 couriers that move, by the software renderer", fmt.Sprintf("%.0f frames/s", shown), fmt.Sprintf("%.0f, an empty page", most),
		fmt.Sprintf("%.2fx", shown/most), "≥ 30", shown >= 30)
	return nil
}

// paints returns the median of the time to the first paint, in ms, as the browser
// tells it.
func paints(page context.Context, url string) (float64, error) {
	const loads = 11
	var all []float64
	for range loads {
		if err := chromedp.Do(page, chromedp.Navigate("about:blank"), chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS("body"))); err != nil {
			return 0, err
		}
		painted, err := chromedp.Run(page, chromedp.Poll[float64]("performance.getEntriesByName('first-contentful-paint')[0]?.startTime", chromedp.WithPollingTimeout(time.Minute)))
		if err != nil {
			return 0, fmt.Errorf("no paint of %s: %w", url, err)
		}
		all = append(all, painted)
	}
	slices.Sort(all)
	return all[loads/2], nil
}

// frames returns how many frames a second the page shows.
func frames(page context.Context) (float64, error) {
	took, err := chromedp.Run(page, chromedp.Evaluate[float64](`new Promise((done) => {
		let n = 0
		const began = performance.now()
		const frame = () => (++n < 120 ? requestAnimationFrame(frame) : done(performance.now() - began))
		requestAnimationFrame(frame)
	})`, chromedp.EvalAwaitPromise))
	if err == nil && took <= 0 {
		err = errors.New("no frames")
	}
	return 120_000 / took, err
}

// scatter has so many couriers be somewhere in the generated city.
func scatter(ctx context.Context, s *stack.Stack, couriers int, at time.Time) error {
	b, err := bus.Open(ctx, bus.Options{Project: s.Config.Project, EmulatorHost: s.Config.PubSubEmulator})
	if err != nil {
		return err
	}
	defer b.Close()
	batches := make([]event.LocationBatch, track.Shards)
	for i := range couriers {
		id := fmt.Sprint("courier-", i)
		batch := &batches[track.CourierID(id).Shard(track.Shards)]
		batch.Positions = append(batch.Positions, event.LocationFix{Courier: id, At: at, Lat: 40 + rand.Float64()/50, Lng: -30 + rand.Float64()/50})
	}
	for i := range batches {
		batches[i].Shard = i
		if err := b.Publish(ctx, &batches[i]); err != nil {
			return err
		}
	}
	return s.PubSub.Idle(ctx)
}
