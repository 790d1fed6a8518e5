package logs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	appendTimeout = 5 * time.Second
	minBackoff    = 100 * time.Millisecond
	maxBackoff    = 10 * time.Second
	maxAttempts   = 8 // of one batch; then it is given up, so that no record can block the rest
)

// writer takes records out of a queue and appends them. All its fields are
// owned by run.
type writer struct {
	*queue
	store  Store
	linger time.Duration
	report func(lost int64)

	batch    []Record // taken and not stored yet
	spare    []entry  // the other half of queue.waiting
	attempts int      // that batch has failed
	told     int64    // dropped records that were reported
	timer    *time.Timer
	armed    bool // timer is running
}

// run appends when somebody flushes, when the queue is half full, and when the
// first record has waited for linger; after a failure, when the backoff ends.
func (w *writer) run() {
	defer close(w.gone)
	w.timer = time.NewTimer(w.linger)
	w.armed = true
	defer w.timer.Stop()
	for {
		select {
		case <-w.wake:
			if !w.urgent() {
				w.arm(w.linger)
				continue
			}
		case <-w.timer.C:
		case <-w.quit:
			w.last()
			return
		}
		w.disarm()
		if w.append() != nil {
			w.arm(backoff(w.attempts))
		}
	}
}

func (w *writer) arm(d time.Duration) {
	if !w.armed {
		w.timer.Reset(d)
		w.armed = true
	}
}

func (w *writer) disarm() {
	w.timer.Stop()
	w.armed = false
}

// append offers all records to the store and tells those who wait.
func (w *writer) append() error {
	entries, r := w.take(w.spare)
	for _, e := range entries {
		w.batch = append(w.batch, e.complete())
	}
	clear(entries)
	w.spare = entries
	err := w.offer()
	stored := err == nil && len(w.batch) > 0
	switch {
	case err == nil:
		w.forget()
	case w.attempts+1 >= maxAttempts:
		w.giveUp()
	default:
		w.attempts++
	}
	w.settle(len(w.batch), err)
	if r != nil {
		r.err = err
		close(r.done)
	}
	if stored {
		w.confess()
	}
	return err
}

// offer appends the batch. What the store itself logs meanwhile stays out of
// the store: it would never end.
func (w *writer) offer() error {
	if len(w.batch) == 0 {
		return nil
	}
	ctx := (&scope{private: true}).in(context.Background())
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	if err := w.store.Append(ctx, w.batch); err != nil {
		return fmt.Errorf("store %d log records: %w", len(w.batch), err)
	}
	return nil
}

func (w *writer) giveUp() {
	w.dropped.Add(int64(len(w.batch)))
	w.forget()
}

func (w *writer) forget() {
	clear(w.batch)
	w.batch, w.attempts = w.batch[:0], 0
}

// confess reports what was lost since the last time.
func (w *writer) confess() {
	if lost := w.dropped.Load() - w.told; lost > 0 {
		w.told += lost
		w.report(lost)
	}
}

// last is the final attempt, in close.
func (w *writer) last() {
	if w.append() != nil {
		w.giveUp()
	}
}

// complete fills in what the logging path left for later.
func (e entry) complete() Record {
	r := e.Record
	if r.ID == "" {
		r.ID = newID(16)
	}
	r.Attrs = decodeAttrs(e.attrs)
	return r
}

// backoff returns a random part of a time that doubles with every attempt.
func backoff(attempt int) time.Duration {
	most := min(minBackoff<<attempt, maxBackoff)
	return most/2 + rand.N(most/2)
}
