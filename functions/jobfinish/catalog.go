package jobfinish

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/job"
)

// Catalogs are the shops' catalogues.
type Catalogs interface {
	Settings(ctx context.Context, shop string, version int) (catalog.Settings, error)
	Complete(ctx context.Context, r catalogdb.Run, seen *catalog.Seen, now time.Time) (marked int, err error)
}

// Sync completes syncs of catalogues: what the provider lists no longer becomes
// unavailable.
type Sync struct {
	Catalogs Catalogs
	Log      *slog.Logger
}

// Complete is a [Completion].
func (s Sync) Complete(ctx context.Context, j job.Job, pages iter.Seq2[[]byte, error]) (changed int, err error) {
	settings, err := s.Catalogs.Settings(ctx, j.Shop, j.Plan.Settings)
	if err != nil {
		return 0, err
	}
	var seen catalog.Seen
	for packed, err := range pages {
		if err == nil {
			err = seen.Add(packed)
		}
		if err != nil {
			return 0, err
		}
	}
	changed, err = s.Catalogs.Complete(ctx, catalogdb.Run{
		Shop: j.Shop, Job: string(j.ID), Started: j.Created, Settings: j.Plan.Settings,
		Whole: j.Plan.Whole, MissesAllowed: settings.Limits.MissesAllowed,
	}, &seen, time.Now().UTC())
	if err == nil {
		s.Log.InfoContext(ctx, "items are fresh", slog.String("shop", j.Shop), slog.Time("oldest", seen.Oldest), slog.Int("delisted", changed))
	}
	return changed, err
}
