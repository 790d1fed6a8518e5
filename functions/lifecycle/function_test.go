package lifecycle_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/lifecycle"
	"lastmile/shared/campaign"
	"lastmile/shared/timer"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// book notes what was fired.
type book struct{ fired []campaign.Timer }

func (b *book) Fire(_ context.Context, t campaign.Timer, now time.Time) error {
	if now.Before(t.Due) {
		return campaign.ErrEarly
	}
	b.fired = append(b.fired, t)
	return nil
}

func TestATimerIsFiredWhenItIsDue(t *testing.T) {
	b, now := &book{}, noon.Add(-time.Second)
	f := lifecycle.New(b, func() time.Time { return now })
	call := timer.Timer{Function: "lifecycle", Entity: "campaign:c1", Kind: "start", Gen: 3, Due: noon}
	require.ErrorIs(t, f.Handle(t.Context(), call), campaign.ErrEarly, "Cloud Tasks calls again")
	now = noon
	require.NoError(t, f.Handle(t.Context(), call))
	require.Equal(t, []campaign.Timer{{Campaign: "c1", Kind: campaign.StartTimer, Gen: 3, Due: noon}}, b.fired)
}
