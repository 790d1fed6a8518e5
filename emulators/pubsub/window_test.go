package pubsub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWindow(t *testing.T) {
	limits, backoff := PushWindow{Start: 4, Max: 64}, PushBackoff{Min: 100 * time.Millisecond, Max: time.Second}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	succeed := func(w *window, n int, took time.Duration) {
		for range n {
			w.success(took)
		}
	}
	for name, run := range map[string]func(*testing.T, *window){
		"it doubles with every full round of acknowledgements up to its maximum": func(t *testing.T, w *window) {
			for _, size := range []int{4, 8, 16, 32, 64, 64} {
				require.Equal(t, size, w.size)
				succeed(w, size, time.Millisecond)
			}
		},
		"a slow endpoint gets no more": func(t *testing.T, w *window) {
			succeed(w, 100, 2*time.Second)
			require.Equal(t, 4, w.size)
		},
		"a failure in a round halves it, not below its start": func(t *testing.T, w *window) {
			succeed(w, 4+8, time.Millisecond)
			require.Equal(t, 16, w.size)
			w.failure(now, now)
			succeed(w, 15, time.Millisecond)
			require.Equal(t, 8, w.size)
			for range 3 {
				w.failure(now, now)
				succeed(w, 7, time.Millisecond)
			}
			require.Equal(t, 4, w.size)
		},
		"a few failures do not pause": func(t *testing.T, w *window) {
			for range 100 {
				w.failure(now, now)
				succeed(w, 9, time.Millisecond)
				require.False(t, w.paused(now))
			}
		},
		"an endpoint that only fails is paused for longer each time, up to the maximum": func(t *testing.T, w *window) {
			var pauses []time.Duration
			at := now
			for range 10 {
				w.failure(at, at)
				if w.paused(at) {
					pauses = append(pauses, w.pausedUntil.Sub(at))
					at = w.pausedUntil
				}
			}
			ms := time.Millisecond
			require.Equal(t, []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, time.Second, time.Second}, pauses)
		},
		"failures that were under way together are one step": func(t *testing.T, w *window) {
			for range 50 {
				w.failure(now, now)
			}
			require.Equal(t, now.Add(100*time.Millisecond), w.pausedUntil)
		},
		"a success ends the pause": func(t *testing.T, w *window) {
			for range 50 {
				w.failure(now, now)
			}
			w.success(time.Millisecond)
			require.False(t, w.paused(now))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWindow(limits, backoff)
			run(t, &w)
		})
	}
}
