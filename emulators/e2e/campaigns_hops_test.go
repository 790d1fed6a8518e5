package e2e_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
)

const day = 24 * time.Hour

// TestAScheduleBeyondAMonthHops lets ten weeks go by in jumps, each to the next
// call that Cloud Tasks has to make.
func TestAScheduleBeyondAMonthHops(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	b := openStallOn(t, true, now)
	store := campaigndb.New(b.db, nil, nil)
	state := func(id campaign.ID) campaign.State {
		c, err := store.Get(t.Context(), id)
		require.NoError(t, err)
		return c.State
	}
	// jump goes to when the next call is due, and waits until it has been made.
	jump := func() {
		pending := b.Tasks.Pending()
		require.NotEmpty(t, pending)
		next := pending[0].Schedule
		for _, p := range pending {
			require.Less(t, p.Schedule.Sub(now()), 30*day, "Cloud Tasks takes no more")
			if p.Schedule.Before(next) {
				next = p.Schedule
			}
		}
		ahead.Add(int64(max(0, next.Sub(now()))))
		b.until(t, "the call has been made", func() bool {
			for _, p := range b.Tasks.Pending() {
				if !p.Schedule.After(next) {
					return false
				}
			}
			return b.Tasks.Idle(t.Context()) == nil
		})
	}

	begin := time.Now().Add(70 * day).Truncate(time.Second).UTC()
	end := begin.Add(40 * day)
	c := b.campaign(t, "POST", "", sale(campaign.PercentOff, object{"basisPoints": 1000}, begin, end), http.StatusCreated)
	require.Len(t, b.Tasks.Pending(), 2)

	var began, jumps int
	for ; state(c.ID) != campaign.Ended; jumps++ {
		require.Less(t, jumps, 20, "it never ends")
		was := state(c.ID)
		jump()
		if is := state(c.ID); is == campaign.Active && was == campaign.Scheduled {
			began = jumps
			require.WithinDuration(t, begin, now(), time.Minute, "not before and not after")
		}
	}
	require.GreaterOrEqual(t, began, 2, "it hopped on the way")
	c = b.state(t, c.ID)
	require.Equal(t, []time.Time{begin, end}, []time.Time{c.History[2].At, c.History[3].At}, "to the instant")
	require.WithinDuration(t, end, c.History[3].Noted, time.Minute)
}
