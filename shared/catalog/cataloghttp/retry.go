package cataloghttp

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Full jitter: a retry waits between nothing and a bound that doubles.
const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 15 * time.Second
)

// failure is how an attempt failed and whether another may help.
type failure struct {
	err     error
	retry   bool
	atLeast time.Duration // as the provider asked
}

func permanent(err error) *failure { return &failure{err: err} }
func temporary(err error) *failure { return &failure{err: err, retry: true} }

// delay returns how long to wait after attempt n, from 0.
func (f *failure) delay(n int) time.Duration {
	bound := min(maxBackoff, firstBackoff<<min(n, 10))
	return f.atLeast + rand.N(bound)
}

// sleep waits, unless ctx ends before the wait would: then it says so at once.
func sleep(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads the header in both its forms; what makes no sense is no wait.
func retryAfter(header string) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(max(0, min(seconds, 24*3600))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
