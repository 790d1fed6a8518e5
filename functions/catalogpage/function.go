// Package catalogpage fetches one page of a provider's catalogue and stores
// what changed.
//
// Trigger: catalog.page.v1. Replays are harmless: the outcome of a page is
// stored in the commit of its changes, once, and a page of a job that is
// cancelled or done has no effect. A page costs one read and one commit.
package catalogpage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/platform"
)

// Pages runs pages once.
type Pages interface {
	Run(ctx context.Context, d jobdb.Delivery, work func(context.Context, *jobdb.Turn) error) error
}

// Catalogs are the stored settings and items; [catalogdb.ErrNoCatalog] for
// settings that are not there.
type Catalogs interface {
	Settings(ctx context.Context, shop string, version int) (catalog.Settings, error)
	Compare(shop string, items []catalog.Item) *catalogdb.Comparison
}

// Publisher publishes events.
type Publisher interface {
	Publish(ctx context.Context, events ...event.Event) error
}

// Function is the catalogue-page function.
type Function struct {
	pages     Pages
	catalogs  Catalogs
	provider  Provider
	publisher Publisher
}

// New returns a Function that runs p.
func New(p Pages, c Catalogs, from Provider, to Publisher) *Function {
	return &Function{pages: p, catalogs: c, provider: from, publisher: to}
}

// Handle syncs one page.
func (f *Function) Handle(ctx context.Context, e event.CatalogPage) error {
	d := jobdb.Delivery{
		Job: job.ID(e.Job), Page: e.Page, Event: &e,
		Attempt: function.Attempt(ctx), Last: function.LastAttempt(ctx), Final: hopeless,
		Publish: f.publisher.Publish,
	}
	err := f.pages.Run(ctx, d, func(ctx context.Context, t *jobdb.Turn) error {
		err := f.sync(ctx, t, e)
		if errors.Is(err, cataloghttp.ErrBusy) { // a page that got no turn has not failed: it queues again
			return f.publisher.Publish(ctx, &e)
		}
		return err
	})
	switch {
	case errors.Is(err, job.ErrUnknown), errors.Is(err, job.ErrClosed), hopeless(err):
		return fmt.Errorf("%w: %w", function.ErrPermanent, err)
	}
	return err
}

// hopeless reports whether asking the provider again cannot help: only somebody
// who mends the settings, or the provider, can.
func hopeless(err error) bool {
	for _, cause := range []error{
		catalog.ErrMismatch, cataloghttp.ErrRefused, cataloghttp.ErrForbidden, cataloghttp.ErrTooLarge,
		catalogdb.ErrNoCatalog, platform.ErrNoSecret, docs.ErrTooLarge,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

func (f *Function) sync(ctx context.Context, t *jobdb.Turn, e event.CatalogPage) error {
	settings, err := f.catalogs.Settings(ctx, e.Shop, e.Settings)
	if err != nil {
		return err
	}
	asked := time.Now()
	w, err := walk(ctx, f.provider, settings, refOf(e))
	if err != nil {
		return err
	}
	stored := f.catalogs.Compare(e.Shop, w.page.Items)
	if err := t.Fetch(ctx, stored.Fetchers()...); err != nil {
		return err
	}
	if w.more {
		if err := t.Next(ctx, eventOf(e, w.next)); err != nil {
			return err
		}
	}
	writes, changed, unchanged := stored.Writes()
	if settings.Pictures {
		writes = append(writes, stored.Pictures()...)
	}
	outcome := outcomeOf(w.page, asked)
	outcome.Changed, outcome.Unchanged = changed, unchanged
	return t.Commit(ctx, outcome, writes...)
}

// outcomeOf returns the outcome of a page that was read.
func outcomeOf(p catalog.Page, asked time.Time) job.Page {
	outcome := job.Page{Seen: catalog.Sighting{At: asked, DocIDs: p.Seen(), Nameless: p.Nameless()}.Pack()}
	outcome.Read = p.Listed - p.Duplicates
	for _, b := range p.Bad {
		item := b.ID
		if item == "" {
			item = fmt.Sprintf("number %d of the page", b.Index+1)
		}
		outcome.Refuse(job.Fault{Item: item, Reason: b.Field + " " + b.Problem})
	}
	return outcome
}

func refOf(e event.CatalogPage) catalog.PageRef {
	return catalog.PageRef{Number: e.Page, Cursor: e.Cursor, From: e.From, To: e.To, Last: e.Last}
}

// eventOf returns the event of a page that e named.
func eventOf(e event.CatalogPage, r catalog.PageRef) *event.CatalogPage {
	return &event.CatalogPage{
		Job: e.Job, Shop: e.Shop, Settings: e.Settings,
		Page: r.Number, Cursor: r.Cursor, From: r.From, To: r.To, Last: r.Last,
	}
}
