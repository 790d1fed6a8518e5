package tasks

import (
	"net/http"
	"strconv"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
)

const (
	retention     = 31 * 24 * time.Hour
	maxRetryAfter = time.Hour
)

// backoff is the wait before retry number n, counted from 1: it starts at the
// minimum, doubles max_doublings times, then grows by that last step, up to the
// maximum (10s, 20s, 40s, 80s, 160s, 240s, 300s, 300s for 10s, 300s and 3).
func backoff(c *cloudtaskspb.RetryConfig, n int) time.Duration {
	shortest, longest := c.GetMinBackoff().AsDuration(), c.GetMaxBackoff().AsDuration()
	doublings := min(n-1, int(c.GetMaxDoublings()))
	wait := shortest
	for range doublings {
		if wait >= longest {
			return longest
		}
		wait *= 2
	}
	steps := time.Duration(n - doublings)
	if wait > longest/steps {
		return longest
	}
	return wait * steps
}

// exhausted reports whether a task that failed may not be tried again. A limit
// that is set must be reached; when both are set, both must be.
func exhausted(c *cloudtaskspb.RetryConfig, t *cloudtaskspb.Task, now time.Time) bool {
	if now.Sub(t.GetCreateTime().AsTime()) >= retention {
		return true
	}
	attempts, period := int(c.GetMaxAttempts()), c.GetMaxRetryDuration().AsDuration()
	byAttempts := attempts > 0 && int(t.GetDispatchCount()) >= attempts
	byTime := period > 0 && now.Sub(t.GetFirstAttempt().GetDispatchTime().AsTime()) >= period
	switch {
	case attempts > 0 && period > 0:
		return byAttempts && byTime
	default:
		return byAttempts || byTime
	}
}

// retryAfter is the wait that an overloaded handler asked for, in seconds.
func retryAfter(r *http.Response) time.Duration {
	if r.StatusCode != http.StatusTooManyRequests && r.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(maxRetryAfter, time.Duration(seconds)*time.Second)
}
