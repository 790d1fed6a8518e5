package jobplan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job"
)

// Catalogs are the shops' catalogues; [catalogdb.ErrNoCatalog] if there is none.
type Catalogs interface {
	Get(ctx context.Context, shop string) (catalogdb.Catalog, error)
	Begin(ctx context.Context, shop string, sync catalogdb.Sync) error
}

// Prober fetches the first page of a catalogue.
type Prober interface {
	Probe(ctx context.Context, s catalog.Settings, secrets cataloghttp.Secrets) (catalog.Page, error)
}

// Catalog divides syncs of catalogues by what the provider says of its size.
type Catalog struct {
	Catalogs Catalogs
	Provider Prober
	Secrets  cataloghttp.Secrets
}

// ahead is how far past the sync's start its last window reaches, for items that
// change meanwhile and for clocks that differ. The next sync counts from the
// start again.
const ahead = 5 * time.Minute

// Divide is a [Division].
func (c Catalog) Divide(ctx context.Context, j job.Job, add func(context.Context, event.Event) error) (job.Plan, error) {
	stored, err := c.Catalogs.Get(ctx, j.Shop)
	if errors.Is(err, catalogdb.ErrNoCatalog) {
		return job.Plan{}, fmt.Errorf("%w: %w", function.ErrPermanent, err)
	}
	if err != nil {
		return job.Plan{}, err
	}
	if err := c.Catalogs.Begin(ctx, j.Shop, catalogdb.Sync{Job: string(j.ID), Started: j.Created, Settings: stored.Current.Version}); err != nil {
		return job.Plan{}, err
	}
	settings := stored.Current.Settings
	total, err := c.total(ctx, settings)
	if err != nil {
		return job.Plan{}, err
	}
	division, err := settings.Plan(total, stored.History(j.Created.Add(ahead)))
	if err != nil {
		return job.Plan{}, permanent(err)
	}
	for _, r := range division.Pages {
		e := &event.CatalogPage{
			Job: string(j.ID), Shop: j.Shop, Settings: stored.Current.Version,
			Page: r.Number, Cursor: r.Cursor, From: r.From, To: r.To, Last: r.Last,
		}
		if err := add(ctx, e); err != nil {
			return job.Plan{}, err
		}
	}
	return job.Plan{
		Chain: settings.Walked(total >= 0), Size: int64(max(total, 0)),
		Settings: stored.Current.Version, Whole: division.Whole,
	}, nil
}

// total asks how many items there are, where the plan depends on it; -1 if the
// provider does not tell.
func (c Catalog) total(ctx context.Context, s catalog.Settings) (int, error) {
	tells := s.Paging.TotalPath != "" || s.Paging.TotalHeader != ""
	if s.Walked(tells) || s.Paging.Style == catalog.ByWindow {
		return -1, nil
	}
	first, err := c.Provider.Probe(ctx, s, c.Secrets)
	switch {
	case errors.Is(err, cataloghttp.ErrUnavailable), errors.Is(err, catalog.ErrGarbled):
		return 0, err
	case err != nil:
		return 0, permanent(err)
	case !first.TotalKnown:
		return -1, nil
	}
	return first.Total, nil
}

// permanent marks what only other settings can mend.
func permanent(err error) error { return fmt.Errorf("%w: %w", function.ErrPermanent, err) }
