package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
	"lastmile/emulators/stack"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/job"
)

func TestSettingsThatMakeNoSenseAreRefusedByField(t *testing.T) {
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true})
	valid := s.Provider.Settings(catalog.ByOffset, "bakery")
	bad := valid
	bad.Provider.BaseURL, bad.Paging.Size, bad.Schedule.Zone, bad.Fields.ID = "ftp://x", 5000, "Mars/Olympus", ""

	type problem struct {
		Errors []struct{ Location, Message string }
	}
	var all problem
	require.Equal(t, http.StatusUnprocessableEntity, s.call(t, "PUT", catalogPath, bad, &all))
	named := map[string]string{}
	for _, e := range all.Errors {
		named[e.Location] = e.Message
	}
	require.Len(t, named, 4, "every fault at once: %v", named)
	for field, remedy := range map[string]string{
		"body.provider.baseUrl": "use one like https://",
		"body.paging.size":      "use 1 to 1000",
		"body.schedule.zone":    "use an IANA name",
		"body.fields.id":        "name the JSON path",
	} {
		require.Contains(t, named[field], remedy, field)
	}

	for name, c := range map[string]struct {
		body  any
		field string
	}{
		"a field that does not exist": {object{"actve": true}, "body"},
		"a number that is a text":     {object{"paging": object{"size": "many"}}, "body.paging.size"},
		"another shop":                {object{"shop": "other"}, "body.shop"},
	} {
		t.Run(name, func(t *testing.T) {
			var one problem
			require.Equal(t, http.StatusUnprocessableEntity, s.call(t, "PUT", catalogPath, c.body, &one))
			require.Len(t, one.Errors, 1)
			require.Equal(t, c.field, strings.TrimSuffix(one.Errors[0].Location, "."))
		})
	}
	var missing object
	require.Equal(t, http.StatusNotFound, s.call(t, "GET", catalogPath, nil, &missing), "nothing of it was stored")
	require.Equal(t, http.StatusNotFound, s.call(t, "POST", catalogPath+"/sync", nil, &missing))
	require.Equal(t, http.StatusNotFound, s.call(t, "GET", "/v1/shops/bakery/items/none", nil, &missing))
}

func TestEveryChangeOfSettingsIsAVersion(t *testing.T) {
	s := openCatalog(t, catalog.ByOffset, provider.Options{})
	var current catalogdb.Revision
	require.Equal(t, http.StatusOK, s.call(t, "GET", catalogPath, nil, &current))
	require.Equal(t, 1, current.Version)
	require.Equal(t, "operator", current.By)
	require.WithinDuration(t, time.Now(), current.At, time.Minute)

	edited := current.Settings
	edited.Paging.Size = 40
	require.Equal(t, http.StatusOK, s.call(t, "PUT", catalogPath, edited, &current, "If-Match", `"1"`))
	require.Equal(t, 2, current.Version)
	var conflict struct{ Errors []struct{ Value int } }
	require.Equal(t, http.StatusPreconditionFailed, s.call(t, "PUT", catalogPath, edited, &conflict, "If-Match", `"1"`), "an edit of what is no longer there")
	require.Equal(t, 2, conflict.Errors[0].Value)
	require.Equal(t, http.StatusUnprocessableEntity, s.call(t, "PUT", catalogPath, edited, &conflict, "If-Match", "new"))

	var history struct{ Versions []catalogdb.Revision }
	require.Equal(t, http.StatusOK, s.call(t, "GET", catalogPath+"/versions", nil, &history))
	require.Len(t, history.Versions, 2)
	require.Equal(t, 40, history.Versions[0].Settings.Paging.Size)
	require.Equal(t, 25, history.Versions[1].Settings.Paging.Size)
	require.Equal(t, http.StatusOK, s.call(t, "GET", catalogPath+"/versions?before=2&limit=1", nil, &history))
	require.Equal(t, 1, history.Versions[0].Version)
}

// tick runs the schedule once and returns the newest job of the shop.
func (s *shop) tick(t *testing.T) (jobs []job.Job) {
	t.Helper()
	require.NoError(t, s.Scheduler.Run(t.Context(), "catalogtick"))
	var list struct{ Jobs []job.Job }
	require.Equal(t, http.StatusOK, s.call(t, "GET", "/v1/jobs?shop=bakery", nil, &list))
	return list.Jobs
}

func TestSettingsTakeEffectAtTheNextTick(t *testing.T) {
	off := func(c *catalog.Settings) { c.Active = false }
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: 100}, off)
	require.Empty(t, s.tick(t), "switched off")

	s.configure(t, s.Provider.Settings(catalog.ByOffset, "bakery"), func(c *catalog.Settings) { c.Paging.Size = 50 })
	jobs := s.tick(t)
	require.Len(t, jobs, 1)
	j := s.closed(t, jobs[0].ID)
	require.Equal(t, job.Done, j.State, j.Cause)
	require.Equal(t, 2, j.Plan.Settings)
	require.Len(t, s.pages(t, j.ID), 3, "two of 50 items, and the empty one that proves them all")
	require.Len(t, s.tick(t), 1, "not due for an interval")
}

func TestASyncThatRunsIsLeftAlone(t *testing.T) {
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: 100})
	s.Provider.Misbehave(provider.Fault{Kind: provider.Down})
	running := s.start(t)
	jobs := s.tick(t)
	require.Len(t, jobs, 1)
	require.Equal(t, running, jobs[0].ID)
	s.Provider.Behave()
	require.Equal(t, job.Done, s.closed(t, running).State)
}

func TestFreshnessIsKnown(t *testing.T) {
	type freshness struct {
		Stale      bool
		AgeSeconds float64
		NextDue    time.Time
		Last       *struct {
			Job   job.ID
			State job.State
		}
		Complete, Whole *catalogdb.Sync
	}
	s := openCatalog(t, catalog.ByOffset, provider.Options{Items: 100})
	read := func() (f freshness) {
		require.Equal(t, http.StatusOK, s.call(t, "GET", catalogPath+"/freshness", nil, &f))
		return f
	}
	before := read()
	require.True(t, before.Stale, "never synced")
	require.Nil(t, before.Complete)
	require.Nil(t, before.Last)

	began := time.Now().Add(-time.Second)
	done := s.sync(t)
	fresh := read()
	require.False(t, fresh.Stale)
	require.Equal(t, done.ID, fresh.Last.Job)
	require.Equal(t, job.Done, fresh.Last.State)
	require.Equal(t, string(done.ID), fresh.Complete.Job)
	require.Equal(t, fresh.Complete, fresh.Whole)
	require.True(t, fresh.Complete.Oldest.After(began))
	require.False(t, fresh.Complete.Finished.Before(fresh.Complete.Oldest))
	require.Positive(t, fresh.AgeSeconds)
	require.True(t, fresh.NextDue.After(time.Now()))

	s.Provider.Misbehave(provider.Fault{Kind: provider.Status, Status: 404, Page: 2})
	failed := s.sync(t)
	require.Equal(t, job.Partial, failed.State)
	after := read()
	require.Equal(t, failed.ID, after.Last.Job)
	require.Equal(t, job.Partial, after.Last.State)
	require.Equal(t, fresh.Complete, after.Complete, "a sync that fails makes nothing fresher")
}
