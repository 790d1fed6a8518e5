// Package lifecycle does what is due by the clock to a campaign: begin, end, and
// the deletion of what its end made void.
//
// Trigger: a timer of a campaign. Replays are harmless: a timer counts once, and
// one of an earlier generation does nothing. A timer that comes late has shown
// nobody a wrong state: everybody who reads a campaign derives its state from
// the clock.
package lifecycle

import (
	"context"
	"fmt"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigntimer"
	"lastmile/shared/timer"
)

// Campaigns do what is due by a timer. One that comes before its time is
// [campaign.ErrEarly].
type Campaigns interface {
	Fire(ctx context.Context, t campaign.Timer, now time.Time) error
}

// Function is the lifecycle function.
type Function struct {
	campaigns Campaigns
	now       func() time.Time
}

// New returns a Function for what is in c, by the clock now.
func New(c Campaigns, now func() time.Time) *Function { return &Function{campaigns: c, now: now} }

// Handle does what one timer is for. Its error has the timer called again.
func (f *Function) Handle(ctx context.Context, call timer.Timer) error {
	t := campaigntimer.Timer(call)
	if err := f.campaigns.Fire(ctx, t, f.now()); err != nil {
		return fmt.Errorf("%s of campaign %s: %w", t.Kind, t.Campaign, err)
	}
	return nil
}
