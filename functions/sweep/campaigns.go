package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/campaign"
	"lastmile/shared/logs"
)

// Campaigns know the timers that should have come, and do what they are for.
type Campaigns interface {
	Overdue(ctx context.Context, before time.Time, limit int) ([]campaign.Timer, error)
	Fire(ctx context.Context, t campaign.Timer, now time.Time) error
}

// The bounds of the step for campaigns. Its patience is short, so that a timer
// that is lost has its effect at the next full minute.
const (
	timerPatience = 2 * time.Second
	maxTimers     = 10_000

	timerBatch   = 500
	timersAtOnce = 16
)

// sweepCampaigns fires the timers of campaigns that were lost.
func (f *Function) sweepCampaigns(ctx context.Context) error {
	before := f.now().Add(-timerPatience)
	for total := 0; total < maxTimers; {
		lost, err := f.campaigns.Overdue(ctx, before, timerBatch)
		if err != nil {
			return fmt.Errorf("sweep campaigns: %w", err)
		}
		if err := f.fire(ctx, lost); err != nil {
			return err // the same ones would be found again
		}
		if total += len(lost); len(lost) < timerBatch {
			return nil
		}
	}
	return nil
}

// fire does what the timers are for; one that fails holds up no other.
func (f *Function) fire(ctx context.Context, lost []campaign.Timer) error {
	if len(lost) == 0 {
		return nil
	}
	f.log.WarnContext(ctx, "fired timers of campaigns that were lost", slog.Int(logs.Repaired, len(lost)))
	errs := make([]error, len(lost))
	var g errgroup.Group
	g.SetLimit(timersAtOnce)
	for i, t := range lost {
		g.Go(func() error {
			if err := f.campaigns.Fire(ctx, t, f.now()); err != nil {
				errs[i] = fmt.Errorf("sweep %s of campaign %s: %w", t.Kind, t.Campaign, err)
			}
			return nil
		})
	}
	_ = g.Wait() // each error is in errs
	return errors.Join(errs...)
}
