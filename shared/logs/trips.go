package logs

import (
	"context"
	"slices"
	"sync"
	"time"
)

// TripCount counts the round trips of one name, like "firestore.Commit".
type TripCount struct {
	Name   string  `json:"name" firestore:"name"`
	Count  int     `json:"count" firestore:"count"`
	TookMS float64 `json:"tookMs" firestore:"tookMs"` // their sum; trips at the same time count each
}

// TripCounts are the counts of a request or an operation, in order of first use.
type TripCounts []TripCount

// Total sums all names.
func (c TripCounts) Total() (count int, took time.Duration) {
	for _, t := range c {
		count += t.Count
		took += time.Duration(t.TookMS * float64(time.Millisecond))
	}
	return count, took
}

// counter counts trips, also for the counter that it was opened under.
type counter struct {
	parent *counter
	op     *Lifecycle // that it was opened for; nil for one of [CountTrips]

	mu     sync.Mutex
	counts TripCounts // guarded by mu
	calls  []Call     // guarded by mu: the first of an operation that may turn out slow
	more   int        // guarded by mu: calls that were not kept
}

type counterKey struct{}

// CountTrips opens a counter of database round trips. Trips under an inner
// counter count in the outer ones too.
func CountTrips(ctx context.Context) context.Context {
	return context.WithValue(ctx, counterKey{}, &counter{parent: counterOf(ctx)})
}

// Trip counts one round trip in the counters of ctx, if there are any. It is
// safe for concurrent use.
func Trip(ctx context.Context, name string, took time.Duration) {
	for c := counterOf(ctx); c != nil; c = c.parent {
		c.add(name, took)
		c.note(name, took)
	}
}

// Called notes a call to something that is no database, for the record of an
// operation that turns out slow. It is safe for concurrent use.
func Called(ctx context.Context, name string, took time.Duration) {
	for c := counterOf(ctx); c != nil; c = c.parent {
		c.note(name, took)
	}
}

// Trips returns what the innermost counter of ctx has counted so far.
func Trips(ctx context.Context) TripCounts {
	if c := counterOf(ctx); c != nil {
		return c.snapshot()
	}
	return nil
}

func counterOf(ctx context.Context) *counter {
	c, _ := ctx.Value(counterKey{}).(*counter)
	return c
}

func (c *counter) add(name string, took time.Duration) {
	ms := milliseconds(took)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.counts {
		if c.counts[i].Name == name {
			c.counts[i].Count++
			c.counts[i].TookMS += ms
			return
		}
	}
	c.counts = append(c.counts, TripCount{Name: name, Count: 1, TookMS: ms})
}

func (c *counter) snapshot() TripCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.counts)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
