// Package bulkpage applies one page of a bulk operation to the items of a shop.
//
// Trigger: bulk.page.v1. Replays are harmless: the outcome of a page is stored
// in the commit of its changes, once. Items that do not exist are reported, never
// created; an item that somebody else changes meanwhile is read again.
package bulkpage

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lastmile/shared/bulk"
	"lastmile/shared/catalog"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
)

// Pages runs pages once.
type Pages interface {
	Run(ctx context.Context, d jobdb.Delivery, work func(context.Context, *jobdb.Turn) error) error
}

// Items are the items of shops.
type Items interface {
	Item(shop, id string) *docs.Lookup[bulk.Item]
	Change(shop string, l *docs.Lookup[bulk.Item], after bulk.Item) docs.Write
}

// Files are the input files.
type Files interface {
	Read(ctx context.Context, name string, offset, n int64) (io.ReadCloser, error)
}

// Function is the bulk-page function.
type Function struct {
	pages Pages
	jobs  *memo
	items Items
	files Files
}

// New returns a Function that runs p on items. Jobs are asked for input files.
func New(p Pages, jobs Jobs, items Items, files Files) *Function {
	return &Function{pages: p, jobs: newMemo(jobs), items: items, files: files}
}

// Handle applies one page.
func (f *Function) Handle(ctx context.Context, e event.BulkPage) error {
	d := jobdb.Delivery{
		Job: job.ID(e.Job), Page: e.Page, Event: &e,
		Attempt: function.Attempt(ctx), Last: function.LastAttempt(ctx),
		Final: func(err error) bool { return !function.Classify(err).Retryable },
	}
	err := f.pages.Run(ctx, d, func(ctx context.Context, t *jobdb.Turn) error {
		rows, outcome, err := f.rows(ctx, e)
		if err != nil {
			return fmt.Errorf("page %d of job %s: %w", e.Page, e.Job, err)
		}
		return f.apply(ctx, t, e.Shop, rows, outcome)
	})
	if errors.Is(err, job.ErrUnknown) || errors.Is(err, job.ErrClosed) {
		return fmt.Errorf("%w: %w", function.ErrPermanent, err)
	}
	return err
}

// conflictTries bounds how often items are read again that others change.
const conflictTries = 5

// apply changes the items of rows and stores the outcome, in one commit.
func (f *Function) apply(ctx context.Context, t *jobdb.Turn, shop string, rows []row, malformed job.Page) error {
	for try := 1; ; try++ {
		lookups, fetch := f.lookups(shop, rows)
		if err := t.Fetch(ctx, fetch...); err != nil {
			return err
		}
		writes, outcome, err := f.changes(t.Job(), lookups, rows, malformed)
		if err != nil {
			return err
		}
		err = t.Commit(ctx, outcome, writes...)
		moved := errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrNotFound)
		if !moved || try == conflictTries {
			return err
		}
	}
}

// lookups returns a lookup for each item, by document id, and as a list.
func (f *Function) lookups(shop string, rows []row) (map[string]*docs.Lookup[bulk.Item], []docs.Fetcher) {
	byID := map[string]*docs.Lookup[bulk.Item]{}
	var all []docs.Fetcher
	for _, r := range rows {
		if byID[r.doc] == nil {
			byID[r.doc] = f.items.Item(shop, r.doc)
			all = append(all, byID[r.doc])
		}
	}
	return byID, all
}

// changes applies rows in order; an item that is named twice changes twice.
func (f *Function) changes(j job.Job, lookups map[string]*docs.Lookup[bulk.Item], rows []row, outcome job.Page) ([]docs.Write, job.Page, error) {
	changer, err := newChanger(j)
	if err != nil {
		return nil, outcome, err
	}
	after := map[string]bulk.Item{}
	for _, r := range rows {
		l := lookups[r.doc]
		item, seen := after[r.doc]
		if !seen {
			item = l.Data
		}
		changed, err := changer.change(r, item, l.Exists)
		outcome.Read++
		switch {
		case err != nil:
			outcome.Refuse(job.Fault{Item: r.Item, Offset: r.offset, Reason: err.Error()})
			continue
		case changed == item:
			outcome.Unchanged++
		default:
			outcome.Changed++
		}
		after[r.doc] = changed
	}
	var writes []docs.Write
	for id, item := range after {
		if item != lookups[id].Data {
			writes = append(writes, f.items.Change(j.Shop, lookups[id], item))
		}
	}
	return writes, outcome, nil
}

// changer applies a job's operation.
type changer struct {
	operation bulk.Operation
	common    bulk.Change // what the job's own parameters ask for
	fault     error       // of the job's own parameters
}

func newChanger(j job.Job) (changer, error) {
	o, ok := bulk.Find(string(j.Kind))
	if !ok {
		return changer{}, fmt.Errorf("%w: no bulk operation %q", function.ErrPermanent, j.Kind)
	}
	common, err := o.Change(j.Params)
	return changer{operation: o, common: common, fault: err}, nil
}

var errNoItem = errors.New("item does not exist")

// change returns an item as r, or else the job, asks for it.
func (c changer) change(r row, item bulk.Item, exists bool) (bulk.Item, error) {
	if !exists {
		return item, errNoItem
	}
	if len(r.Params) == 0 {
		if c.fault != nil {
			return item, c.fault
		}
		return c.common(item)
	}
	change, err := c.operation.Change(r.Params)
	if err != nil {
		return item, err
	}
	return change(item)
}

// row is one thing to do: what to do with which document.
type row struct {
	bulk.Row
	doc    string
	offset int64
}

func newRow(r bulk.Row, offset int64) row {
	return row{Row: r, doc: catalog.DocID(r.Item), offset: offset}
}
