package catalogtick_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/catalogtick"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/job"
	"lastmile/shared/logs"
)

var now = time.Date(2026, 5, 1, 12, 0, 30, 0, time.UTC)

type catalogs []catalogdb.Catalog

func (c catalogs) Active(_ context.Context, f func([]catalogdb.Catalog) error) error { return f(c) }

// jobs remembers what was submitted, by shop.
type jobs struct {
	fail map[string]error

	mu   sync.Mutex
	jobs map[string]job.Job // guarded by mu
}

func (j *jobs) Submit(_ context.Context, submitted job.Job, _ []string) (job.Job, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.fail[submitted.Shop]; err != nil {
		return submitted, false, err
	}
	if before, ok := j.jobs[submitted.Shop]; ok && before.ID == submitted.ID {
		return before, false, nil
	}
	j.jobs[submitted.Shop] = submitted
	return submitted, true, nil
}

func shop(name string, last time.Time, change ...func(*catalog.Settings)) catalogdb.Catalog {
	s := catalog.Settings{Shop: name, Active: true, Schedule: catalog.Schedule{IntervalSeconds: 600, Zone: "UTC"}}
	for _, f := range change {
		f(&s)
	}
	return catalogdb.Catalog{Active: true, Current: catalogdb.Revision{Settings: s}, Syncs: catalogdb.Syncs{Last: catalogdb.Sync{Started: last}}}
}

func TestATickStartsWhatIsDue(t *testing.T) {
	started := &jobs{jobs: map[string]job.Job{}}
	night := func(s *catalog.Settings) {
		s.Schedule.From, s.Schedule.To, s.Schedule.Zone = "22:00", "06:00", "Europe/Madrid"
	}
	f := catalogtick.New(catalogs{
		shop("never synced", time.Time{}),
		shop("synced long ago", now.Add(-10*time.Minute)),
		shop("synced just now", now.Add(-9*time.Minute)),
		shop("only at night", time.Time{}, night),
	}, started, slog.New(slog.DiscardHandler), func() time.Time { return now })

	require.NoError(t, f.Handle(t.Context()))
	require.NoError(t, f.Handle(t.Context()), "the same minute again is no other sync")
	require.Len(t, started.jobs, 2)
	for _, name := range []string{"never synced", "synced long ago"} {
		require.Equal(t, job.CatalogSync, started.jobs[name].Kind)
		require.Equal(t, now, started.jobs[name].Created)
	}
}

func TestATickTellsWhoseItemsAreStale(t *testing.T) {
	late, fine := shop("late", now), shop("fine", now)
	late.Syncs.Complete.Started, fine.Syncs.Complete.Started = now.Add(-21*time.Minute), now.Add(-19*time.Minute)
	var said strings.Builder
	f := catalogtick.New(catalogs{late, fine, shop("new", now)}, &jobs{jobs: map[string]job.Job{}},
		slog.New(slog.NewTextHandler(&said, nil)), func() time.Time { return now })
	require.NoError(t, f.Handle(t.Context()))
	require.Contains(t, said.String(), "items are stale")
	require.Contains(t, said.String(), logs.Stale+"=1 some=[late]")
}

func TestOneShopDoesNotKeepTheOthersFromTheirs(t *testing.T) {
	broken := errors.New("broken")
	started := &jobs{jobs: map[string]job.Job{}, fail: map[string]error{"a": broken, "b": &job.BusyError{Lock: "catalog.sync:b", Holder: "running"}}}
	f := catalogtick.New(catalogs{shop("a", time.Time{}), shop("b", time.Time{}), shop("c", time.Time{})},
		started, slog.New(slog.DiscardHandler), func() time.Time { return now })

	err := f.Handle(t.Context())
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, job.ErrBusy, "a sync that still runs is no error")
	require.Len(t, started.jobs, 1)
	require.Contains(t, started.jobs, "c")
}
