package main

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What is measured, in microseconds, with three digits.
const (
	lowest  = 1
	highest = int64(5 * time.Minute / time.Microsecond)
	digits  = 3
)

// series is one kind of work: how long each took, all in all and by the second in
// which it was due, and how many failed and why.
type series struct {
	name string

	mu      sync.Mutex
	began   time.Time                 // guarded by mu
	all     *hdrhistogram.Histogram   // guarded by mu
	seconds []*hdrhistogram.Histogram // guarded by mu; nil where nothing was due
	failed  map[string]int            // by reason; guarded by mu
}

func newSeries(name string) *series {
	return &series{name: name, all: histogram(), failed: map[string]int{}}
}

// begin leaves out what was due before now.
func (s *series) begin(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = now
}

func histogram() *hdrhistogram.Histogram { return hdrhistogram.New(lowest, highest, digits) }

// done notes that what was due then is done now, or failed.
func (s *series) done(due, now time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case due.Before(s.began):
		return
	case err != nil:
		s.failed[err.Error()]++
		return
	}
	took := min(max(now.Sub(due).Microseconds(), lowest), highest)
	_ = s.all.RecordValue(took) // it is in range
	second := max(0, int(due.Sub(s.began)/time.Second))
	for len(s.seconds) <= second {
		s.seconds = append(s.seconds, nil)
	}
	if s.seconds[second] == nil {
		s.seconds[second] = histogram()
	}
	_ = s.seconds[second].RecordValue(took)
}

// failures is how many failed.
func (s *series) failures() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.failed {
		n += f
	}
	return n
}

// at is a quantile, in milliseconds.
func at(h *hdrhistogram.Histogram, percent float64) float64 {
	return float64(h.ValueAtPercentile(percent)) / 1000
}
