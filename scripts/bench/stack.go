package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"lastmile/emulators/stack"
	"lastmile/shared/job"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// onStack measures on a whole platform, whose things p opens as functions do.
func onStack(ctx context.Context, measure func(s *stack.Stack, p *platform.Opener) error) (err error) {
	s, err := stack.Start(ctx, stack.Options{Quiet: true})
	if err != nil {
		return err
	}
	defer s.Close()
	p := platform.New(s.Config, logs.Options{Service: "bench", Out: io.Discard})
	defer func() { err = errors.Join(err, p.Close(ctx)) }()
	return measure(s, p.Opener())
}

// jobView is what the API shows of a job.
type jobView struct {
	ID       job.ID       `json:"id"`
	Progress job.Progress `json:"progress"`
}

// finish waits for the end of a job.
func finish(ctx context.Context, s *stack.Stack, id job.ID) (job.Progress, error) {
	for {
		var v jobView
		if err := s.Call(ctx, http.MethodGet, "/v1/jobs/"+string(id), nil, &v); err != nil {
			return v.Progress, err
		}
		if v.Progress.State.Closed() {
			return v.Progress, nil
		}
		select {
		case <-ctx.Done():
			return v.Progress, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// percentile returns the p-th hundredth of ds.
func percentile(ds []time.Duration, p int) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	return ds[min(len(ds)-1, len(ds)*p/100)]
}

// shuffled calls f for each of n rounds of xs, in an order that spreads what the
// machine does meanwhile evenly.
func shuffled[T any](n int, xs []T, f func(T) error) error {
	for range n {
		for _, i := range rand.Perm(len(xs)) {
			if err := f(xs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }
