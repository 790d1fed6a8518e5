// Package catalogtick starts the syncs of catalogues that are due.
//
// Trigger: every minute. Replays are harmless: the syncs of a minute have ids of
// their own, and a shop has one sync at a time. Settings that change take effect
// at the next tick.
package catalogtick

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/job"
	"lastmile/shared/logs"
)

// Catalogs lists the catalogues whose syncs are switched on, a part at a time.
type Catalogs interface {
	Active(ctx context.Context, f func([]catalogdb.Catalog) error) error
}

// Jobs stores jobs; a [*job.BusyError] says that one is running.
type Jobs interface {
	Submit(ctx context.Context, j job.Job, items []string) (stored job.Job, created bool, err error)
}

// Function is the catalogue-tick function.
type Function struct {
	catalogs Catalogs
	jobs     Jobs
	log      *slog.Logger
	now      func() time.Time
}

// New returns a Function that reads c and submits to j; now is the clock.
func New(c Catalogs, j Jobs, log *slog.Logger, now func() time.Time) *Function {
	return &Function{catalogs: c, jobs: j, log: log, now: now}
}

// caller is who asks for the syncs.
const caller = "catalogtick"

// abreast is how many syncs are started at once.
const abreast = 8

// Handle starts every sync that is due, and tells whose items are stale. One
// that cannot be started does not keep the others from it.
func (f *Function) Handle(ctx context.Context) error {
	now := f.now().UTC()
	var errs []error
	var stale []string
	err := f.catalogs.Active(ctx, func(found []catalogdb.Catalog) error {
		stale = append(stale, staleOf(found, now)...)
		failed := make([]error, len(found))
		var g errgroup.Group
		g.SetLimit(abreast)
		for i, c := range found {
			if c.Current.Settings.Due(now, c.Syncs.Last.Started) {
				g.Go(func() error { failed[i] = f.start(ctx, c.Current, now); return nil })
			}
		}
		_ = g.Wait()
		errs = append(errs, failed...)
		return nil
	})
	if n := len(stale); n > 0 {
		f.log.WarnContext(ctx, "items are stale", slog.Int(logs.Stale, n), slog.Any("some", stale[:min(n, maxNamed)]))
	}
	return errors.Join(append(errs, err)...)
}

// maxNamed bounds how many stale shops a record names.
const maxNamed = 20

func staleOf(found []catalogdb.Catalog, now time.Time) (shops []string) {
	for _, c := range found {
		if !c.Syncs.Complete.Started.IsZero() && c.Current.Settings.Stale(now, c.Syncs.Complete.Started) {
			shops = append(shops, c.Current.Settings.Shop)
		}
	}
	return shops
}

func (f *Function) start(ctx context.Context, r catalogdb.Revision, now time.Time) error {
	shop := r.Settings.Shop
	id := job.DeriveID(caller, shop+" "+now.Truncate(time.Minute).Format(time.RFC3339))
	j, created, err := f.jobs.Submit(ctx, job.New(id, job.CatalogSync, shop, caller, now), nil)
	var busy *job.BusyError
	switch {
	case errors.As(err, &busy):
		f.log.InfoContext(ctx, "a sync is due but the last one is still running", slog.String("shop", shop), slog.String("job", string(busy.Holder)))
		return nil
	case err != nil:
		return fmt.Errorf("start sync of shop %s: %w", shop, err)
	case created:
		f.log.InfoContext(ctx, "started a sync", slog.String("shop", shop), slog.String("job", string(j.ID)), slog.Int("settings", r.Version))
	}
	return nil
}
