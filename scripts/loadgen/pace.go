package main

import (
	"context"
	"sync"
	"time"
)

// maxBehind bounds what is under way at once. What does not find room waits, and
// its wait counts.
const maxBehind = 4096

// pace does something so many times a second, at even times, until end, and waits
// for what is under way. Each is told when it was due, however late it begins:
// nothing is left out because something before it was slow.
func pace(ctx context.Context, rate float64, end time.Time, do func(ctx context.Context, n int, due time.Time)) {
	if rate <= 0 {
		return
	}
	var doing sync.WaitGroup
	defer doing.Wait()
	room := make(chan struct{}, maxBehind)
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		if !due.Before(end) || sleep(ctx, time.Until(due)) != nil {
			return
		}
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return
		}
		doing.Go(func() {
			defer func() { <-room }()
			do(ctx, n, due)
		})
	}
}

// sleep waits, or returns why not.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
