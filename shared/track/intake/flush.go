package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/track"
)

// Drains holds what the database has not seen yet.
type Drains interface {
	// Drain returns what a batch owes the database.
	Drain(ctx context.Context, batch string) ([]track.Fix, []track.Piece, error)

	// Drop forgets a batch.
	Drop(ctx context.Context, batch string) error

	// Keep begins a drain if one is due.
	Keep(ctx context.Context, now time.Time, fixes ...track.Fix) (newer int, batch string, err error)

	// Stale returns batches drained before a time and not dropped.
	Stale(ctx context.Context, before time.Time, limit int) ([]string, error)

	// Forget forgets some of the couriers last heard of before a time.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// Publisher stores events for those who subscribe.
type Publisher interface {
	Publish(ctx context.Context, events ...event.Event) error
}

// Flush carries positions and trails to the database, by messages.
type Flush struct {
	drains    Drains
	publisher Publisher
}

// NewFlush returns a Flush of what is in d.
func NewFlush(d Drains, p Publisher) *Flush { return &Flush{d, p} }

// publishTimeout bounds the publishing of one batch.
const publishTimeout = 15 * time.Second

// Publish sends what is in a batch, and drops the batch when that is stored.
// Publishing it again is harmless.
func (f *Flush) Publish(ctx context.Context, batch string) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	positions, pieces, err := f.drains.Drain(ctx, batch)
	if err != nil {
		return err
	}
	if events := messages(positions, pieces); len(events) > 0 {
		if err := f.publisher.Publish(ctx, events...); err != nil {
			return fmt.Errorf("publish drain %s: %w", batch, err)
		}
	}
	return f.drains.Drop(ctx, batch)
}

// sweepLimit bounds the batches of one sweep.
const sweepLimit = 100

// Sweep publishes what has been waiting for longer than patience: batches whose
// callers may have died, and positions after which no more came. It returns how
// many batches it published. It also forgets couriers that have not been heard of
// for [track.Kept].
func (f *Flush) Sweep(ctx context.Context, now time.Time, patience time.Duration) (int, error) {
	batches, stale := f.drains.Stale(ctx, now.Add(-patience), sweepLimit)
	_, overdue, begun := f.drains.Keep(ctx, now)
	if overdue != "" {
		batches = append(batches, overdue)
	}
	published, errs := 0, []error{stale, begun}
	for _, batch := range batches {
		if err := f.Publish(ctx, batch); err != nil {
			errs = append(errs, err)
			continue
		}
		published++
	}
	_, err := f.drains.Forget(ctx, now.Add(-track.Kept))
	return published, errors.Join(append(errs, err)...)
}
