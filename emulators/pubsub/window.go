package pubsub

import "time"

// window decides how many pushes of one subscription may be under way, and when
// none may. It is a plain state machine: the caller has the lock and the clock.
type window struct {
	limits  PushWindow
	backoff PushBackoff

	size          int
	acked, failed int           // of the current round
	took          time.Duration // by the acknowledged of the current round

	failing     float64 // share of the recent pushes that failed, a moving average
	pauses      int     // in a row
	pausedUntil time.Time
}

const (
	slow        = time.Second // mean latency from which the window does not grow
	memory      = 1.0 / 16    // weight of the newest push in the share of failures
	tooManyFail = 0.25
)

func newWindow(limits PushWindow, backoff PushBackoff) window {
	return window{limits: limits, backoff: backoff, size: limits.Start}
}

func (w *window) paused(now time.Time) bool { return now.Before(w.pausedUntil) }

func (w *window) success(took time.Duration) {
	w.acked++
	w.took += took
	w.failing -= w.failing * memory
	w.pauses, w.pausedUntil = 0, time.Time{}
	w.endRound()
}

// failure counts a push that began at the given time. Pushes that were under way
// together count as one step of the backoff.
func (w *window) failure(began, now time.Time) {
	w.failed++
	w.failing += (1 - w.failing) * memory
	if w.failing >= tooManyFail && w.backoff.Min > 0 && !began.Before(w.pausedUntil) {
		pause := w.backoff.Min << min(w.pauses, 30)
		if pause > w.backoff.Max || pause <= 0 {
			pause = w.backoff.Max
		}
		w.pauses++
		w.pausedUntil = now.Add(pause)
	}
	w.endRound()
}

// endRound resizes the window after as many answers as it is wide.
func (w *window) endRound() {
	n := w.acked + w.failed
	if n < w.size {
		return
	}
	switch {
	case w.failed*100 >= n && w.failed > 0:
		w.size = max(w.size/2, w.limits.Start)
	case w.took < slow*time.Duration(w.acked):
		w.size = min(w.size*2, w.limits.Max)
	}
	w.acked, w.failed, w.took = 0, 0, 0
}
