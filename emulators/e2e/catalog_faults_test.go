package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"google.golang.org/grpc/codes"
	"lastmile/emulators/fault"
	"lastmile/emulators/provider"
	"lastmile/emulators/pubsub"
	"lastmile/shared/catalog"
	"lastmile/shared/deadletter"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/job"
)

// impatient settings leave most of the retries to Pub/Sub.
func impatient(s *catalog.Settings) { s.Limits.Retries = 1 }

func TestAPageThatFailsCostsOnlyItself(t *testing.T) {
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: 200})
	require.Equal(t, job.Done, s.sync(t).State)
	gone := s.Provider.IDs()[0]
	s.Provider.Remove(gone)
	changed := s.Provider.Change(8)
	s.Provider.Misbehave(provider.Fault{Kind: provider.Status, Status: http.StatusNotFound, Path: "/offset", Page: 3})

	j := s.sync(t)
	require.Equal(t, job.Partial, j.State)
	require.Equal(t, 8, j.Tally.Pages)
	require.Equal(t, 1, j.Tally.FailedPages)
	require.Contains(t, j.Cause, "provider refused")
	require.Less(t, j.Tally.Changed, len(changed), "what the failed page lists")
	require.Positive(t, j.Tally.Changed, "what the others list")
	require.Zero(t, s.listed(t, "")[gone].Delisted, "nobody knows yet what is missing")

	letters, _, err := deadletterdb.New(s.db).List(t.Context(), deadletter.Filter{State: deadletter.Waiting, Function: "catalogpage"}, "", 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)

	s.Provider.Behave()
	var answer object
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs/"+string(j.ID)+"/retry", nil, &answer), "%v", answer)
	j = s.closed(t, j.ID)
	require.Equal(t, job.Done, j.State, j.Cause)
	require.Equal(t, 199, j.Tally.Read)
	require.Equal(t, len(changed)+1, j.Tally.Changed, "and the one that is gone")
	require.NotZero(t, s.listed(t, "")[gone].Delisted)
}

func TestAChainGoesOnWhereItBroke(t *testing.T) {
	s := openCatalog(t, catalog.ByCursor, provider.Options{Items: 200})
	s.Provider.Misbehave(provider.Fault{Kind: provider.Status, Status: http.StatusForbidden, Page: 4})
	j := s.sync(t)
	require.Equal(t, job.Partial, j.State)
	require.Equal(t, 4, j.Tally.Pages)
	require.Equal(t, 75, j.Tally.Changed)

	s.Provider.Behave()
	var answer object
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs/"+string(j.ID)+"/retry", nil, &answer), "%v", answer)
	j = s.closed(t, j.ID)
	require.Equal(t, job.Done, j.State, j.Cause)
	require.Equal(t, 8, j.Tally.Pages)
	require.Equal(t, 200, j.Tally.Changed)
	require.Len(t, s.listed(t, ""), 200)
}

func TestAProviderThatGoesDownIsAskedAgain(t *testing.T) {
	for name, f := range map[string]provider.Fault{
		"no answer":        {Kind: provider.Down, Page: 2, Times: 3},
		"half an answer":   {Kind: provider.Truncated, Page: 3, Times: 3},
		"a web page":       {Kind: provider.ContentType, Page: 2, Times: 3},
		"an error":         {Kind: provider.Status, Status: 500, Page: 4, Times: 3},
		"too many at once": {Kind: provider.Status, Status: 429, Page: 2, Times: 1, RetryAfterSeconds: 1},
	} {
		for _, style := range []catalog.Style{catalog.ByPage, catalog.ByCursor} {
			t.Run(name+" by "+string(style), func(t *testing.T) {
				t.Parallel()
				s := openCatalog(t, style, provider.Options{Items: 110}, impatient)
				s.Provider.Misbehave(f)
				j := s.sync(t)
				require.Equal(t, job.Done, j.State, j.Cause)
				require.Equal(t, job.Counts{Read: 110, Changed: 110}, j.Tally.Counts)
				require.Empty(t, s.Provider.Faults(), "the provider did misbehave")
			})
		}
	}
}

func TestDeliveriesRepeatAndOvertake(t *testing.T) {
	for _, style := range styles {
		t.Run(string(style), func(t *testing.T) {
			t.Parallel()
			s := openCatalog(t, style, provider.Options{Items: 260}, func(c *catalog.Settings) { c.Paging.Windows.Incremental = false })
			s.PubSub.Deliveries.Set(pubsub.Trouble{Seed: 7, Duplicate: 0.5, Reorder: 0.5, DropAck: 0.2})
			for _, changed := range []int{260, 0} {
				j := s.sync(t)
				require.Equal(t, job.Done, j.State, j.Cause)
				require.Equal(t, job.Counts{Read: 260, Changed: changed, Unchanged: 260 - changed}, j.Tally.Counts, "each page counts once")
			}
			require.Len(t, s.listed(t, ""), 260)
		})
	}
}

func TestADatabaseThatStumblesLosesNothing(t *testing.T) {
	for _, style := range styles {
		t.Run(string(style), func(t *testing.T) {
			t.Parallel()
			s := openCatalog(t, style, provider.Options{Items: 260})
			for _, rule := range []fault.Rule{
				{Method: "Commit", Skip: 3, Times: 5, Code: codes.Unavailable},
				{Method: "Commit", Skip: 8, Times: 5, Code: codes.Unavailable, After: true},
				{Method: "BatchGetDocuments", Skip: 5, Times: 5, Code: codes.Unavailable},
			} {
				s.Firestore.Faults.Add(rule)
			}
			j := s.sync(t)
			require.Equal(t, job.Done, j.State, j.Cause)
			require.Equal(t, job.Counts{Read: 260, Changed: 260}, j.Tally.Counts)
			require.Len(t, s.listed(t, ""), 260)
		})
	}
}

func TestBadItemsAreReportedAndTheRestIsStored(t *testing.T) {
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: 100})
	require.Equal(t, job.Done, s.sync(t).State)
	s.Provider.Misbehave(provider.Fault{Kind: provider.Malformed, Path: "/offset", Page: 2})
	s.Provider.Misbehave(provider.Fault{Kind: provider.Duplicate, Path: "/offset", Page: 3})

	j := s.sync(t)
	require.Equal(t, job.Done, j.State, j.Cause)
	require.Equal(t, job.Counts{Read: 100, Unchanged: 99, Failed: 1}, j.Tally.Counts)
	faults := s.pages(t, j.ID)[1].Faults
	require.Len(t, faults, 1)
	require.Equal(t, s.Provider.IDs()[25], faults[0].Item)
	require.Contains(t, faults[0].Reason, "name")
	require.Zero(t, s.listed(t, "")[faults[0].Item].Delisted, "an item that cannot be read is not missing")
}

func TestOneSyncAtATime(t *testing.T) {
	s := openCatalog(t, catalog.ByPage, provider.Options{Items: 100})
	s.Provider.Misbehave(provider.Fault{Kind: provider.Down})
	first := s.start(t)

	var conflict struct {
		Detail string
		Errors []struct{ Value job.ID }
	}
	require.Equal(t, http.StatusConflict, s.call(t, "POST", catalogPath+"/sync", nil, &conflict))
	require.Contains(t, conflict.Detail, string(first))
	require.Equal(t, first, conflict.Errors[0].Value)
	var joined struct{ ID job.ID }
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", catalogPath+"/sync?join=true", nil, &joined))
	require.Equal(t, first, joined.ID)

	s.Provider.Behave()
	require.Equal(t, job.Done, s.closed(t, first).State)
	require.Equal(t, job.Done, s.sync(t).State)
}

func TestACancelledSyncStopsWriting(t *testing.T) {
	s := openCatalog(t, catalog.ByCursor, provider.Options{Items: 500})
	s.Provider.Misbehave(provider.Fault{Kind: provider.Slow, DelayMillis: 50})
	id := s.start(t)
	require.Eventually(t, func() bool { return len(s.pages(t, id)) >= 2 }, time.Minute, time.Millisecond)

	var answer object
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs/"+string(id)+"/cancel", nil, &answer), "%v", answer)
	idle, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	require.NoError(t, s.PubSub.Idle(idle), "what is left of it is acknowledged")
	require.Less(t, len(s.pages(t, id)), 20)
	require.Less(t, len(s.listed(t, "")), 500)
	require.Equal(t, http.StatusConflict, s.call(t, "POST", catalogPath+"/sync", nil, &answer), "while a page may still be at work")
}

func TestASecretThatIsMissingIsNamed(t *testing.T) {
	s := openCatalog(t, catalog.ByPage, provider.Options{Items: 30}, func(c *catalog.Settings) { c.Provider.Auth.Secret = "nowhere" })
	j := s.sync(t)
	require.Equal(t, job.Failed, j.State)
	require.Contains(t, j.Cause, "nowhere")
}
