package campaigndb_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/race"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/docs"
)

// reaped is more records than two pages of the reaper.
const reaped = 1200

// TestAReapThatDiesAnywhereIsFinished breaks each call of a reap in turn, before
// its effect and after it, and lets the sweep go on.
func TestAReapThatDiesAnywhereIsFinished(t *testing.T) {
	w := newWorld(t)
	for _, call := range []string{"RunQuery", "BatchGetDocuments", "Commit"} {
		for skip := range race.Fewer(4, 2) {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("call %d of %s, its effect %t", skip+1, call, after), func(t *testing.T) {
					shop := fmt.Sprint(call, skip, after)
					c, next := w.crowded(t, shop)
					w.server.Faults.Add(fault.Rule{Method: call, Skip: skip, Times: 1, Code: codes.PermissionDenied, After: after})
					defer w.server.Faults.Reset()
					w.finish(t, c, next)
				})
			}
		}
	}
}

// crowded returns an ended campaign of a shop with many records, and the one that
// came after it, with a few.
func (w *world) crowded(t *testing.T, shop string) (ended, next campaign.Campaign) {
	t.Helper()
	ended = w.published(t, campaign.AmountOff, shop)
	for at := 0; at < reaped; at += 400 {
		w.grant(t, ended.ID, at, 400, clock(13, 0))
	}
	ended = w.do(t, ended.ID, campaign.End, clock(13, 1))
	next, _, err := w.store.Create(t.Context(), draft(t, campaign.AmountOff, shop), nil, clock(13, 1))
	require.NoError(t, err)
	w.grant(t, next.ID, 7, 3, clock(13, 1))
	return ended, next
}

// grant grants a campaign to some customers, by number.
func (w *world) grant(t *testing.T, id campaign.ID, from, n int, now time.Time) {
	t.Helper()
	page := make([]campaigndb.Allowance, n)
	for i := range page {
		page[i] = campaigndb.Allowance{Customer: fmt.Sprint("c", from+i), Uses: 1}
	}
	_, err := w.store.Grant(t.Context(), id, page, now)
	require.NoError(t, err)
}

// finish fires the campaign's timer as the sweep does until none is left, and
// looks after each time at what readers see.
func (w *world) finish(t *testing.T, c, next campaign.Campaign) {
	t.Helper()
	now := clock(13, 5)
	for range 4 {
		overdue, err := w.store.Overdue(t.Context(), now, 10)
		for _, due := range overdue {
			_ = w.store.Fire(t.Context(), due, now) // what fails comes again
		}
		if err == nil && len(overdue) == 0 {
			break
		}
		w.unseen(t, c, next)
	}
	w.server.Faults.Reset()
	w.unseen(t, c, next)
	c, err := w.store.Get(t.Context(), c.ID)
	require.NoError(t, err)
	require.False(t, c.Reaped.IsZero(), "the reaper has finished")
	grants := docs.In[campaign.Grant](w.db, "promotions", c.Kind.Scope(c.Shop), "grants")
	left, err := grants.Query().Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, left, "only the later campaign's are left")
}

// unseen demands that no reader sees a record of an ended campaign, and every
// reader those of the next. Readers who meet the fault ask again.
func (w *world) unseen(t *testing.T, ended, next campaign.Campaign) {
	t.Helper()
	for c, want := range map[campaign.ID]int{ended.ID: 0, next.ID: 3} {
		var seen []campaign.Grant
		require.Eventually(t, func() bool {
			stored, err := w.store.Get(t.Context(), c)
			if err == nil {
				seen, err = w.store.Grants(t.Context(), stored, "", reaped)
			}
			return err == nil
		}, time.Minute, time.Millisecond)
		require.Len(t, seen, want)
	}
}
