package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"lastmile/emulators/stack"
)

// bytesPerPage is the least that a page of an input file holds.
const bytesPerPage = 16 << 10

// benchJobs measures how long a caller waits who starts a bulk job, against the
// size of the job. The work itself waits meanwhile: what is measured is the
// call.
func benchJobs(ctx context.Context, r *report) error {
	const rounds = 200
	s, err := stack.Start(ctx, stack.Options{Quiet: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.StopFunction("jobplan"); err != nil {
		return err
	}
	sizes := []int{1, 10, 100, 1_000, 10_000}
	for _, pages := range sizes {
		if err := writeInput(s, pages); err != nil {
			return err
		}
	}
	took := map[int][]time.Duration{}
	err = shuffled(rounds, sizes, func(pages int) error {
		start := time.Now()
		err := s.Call(ctx, http.MethodPost, "/v1/jobs", map[string]any{
			"kind": "items.price", "shop": "bench", "file": inputName(pages), "params": map[string]any{"percent": 5},
		}, nil)
		took[pages] = append(took[pages], time.Since(start))
		return err
	})
	if err != nil {
		return err
	}
	others := map[int]string{1: "0.9 ms", 10: "1.4 ms", 100: "5.2 ms", 1_000: "65 ms", 10_000: "-"}
	for _, pages := range sizes {
		p50, p99 := percentile(took[pages], 50), percentile(took[pages], 99)
		ratio := fmt.Sprintf("%.2f of 1 page", p50.Seconds()/percentile(took[1], 50).Seconds())
		r.row(fmt.Sprintf("a job of %d pages, p50 / p99", pages), ms(p50)+" / "+ms(p99),
			others[pages]+" (BullMQ flow, quoted)", ratio, "flat, p99 ≤ 10 ms", p99 <= 10*time.Millisecond)
	}
	return nil
}

func inputName(pages int) string { return fmt.Sprintf("bench/%d.ndjson", pages) }

// writeInput makes an input file of so many pages.
func writeInput(s *stack.Stack, pages int) error {
	u, err := url.Parse(s.Config.PrivateFiles)
	if err != nil {
		return err
	}
	name := filepath.Join(u.Path, inputName(pages))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Truncate(int64(pages) * bytesPerPage)
}
