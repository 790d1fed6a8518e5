package jobplan

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lastmile/shared/bulk"
	"lastmile/shared/event"
	"lastmile/shared/files"
	"lastmile/shared/function"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
)

// itemsPerPage fits a page's items into one read and one commit.
const itemsPerPage = 250

// Items finds the items that a filter selects.
type Items interface {
	Matching(ctx context.Context, shop string, filter bulk.Filter, f func(ids []string) error) error
}

// Files are the input files.
type Files interface {
	Size(ctx context.Context, name string) (int64, error)
	Read(ctx context.Context, name string, offset, n int64) (io.ReadCloser, error)
}

// Bulk divides bulk operations by their input.
type Bulk struct {
	Jobs  *jobdb.Store
	Items Items
	Files Files
}

// Divisions returns the division of every bulk operation.
func (b Bulk) Divisions() map[job.Kind]Division {
	all := map[job.Kind]Division{}
	for _, o := range bulk.Operations() {
		all[job.Kind(o.Kind)] = b.divide
	}
	return all
}

func (b Bulk) divide(ctx context.Context, j job.Job, add func(context.Context, event.Event) error) (job.Plan, error) {
	p := &pager{job: j, add: add}
	switch {
	case j.Input.File != "":
		return b.byRange(ctx, p)
	case j.Input.Filter != nil:
		err := b.Items.Matching(ctx, j.Shop, *j.Input.Filter, func(ids []string) error { return p.items(ctx, ids) })
		return p.end(ctx, err)
	default:
		err := b.Jobs.Input(ctx, j.ID, func(ids []string) error { return p.items(ctx, ids) })
		return p.end(ctx, err)
	}
}

// byRange divides a file without reading it, but for a header.
func (b Bulk) byRange(ctx context.Context, p *pager) (job.Plan, error) {
	name := p.job.Input.File
	size, err := b.Files.Size(ctx, name)
	switch {
	case errors.Is(err, files.ErrNotFound):
		return job.Plan{}, fmt.Errorf("%w: %w", function.ErrPermanent, err)
	case err != nil:
		return job.Plan{}, err
	case size > bulk.MaxFile:
		return job.Plan{}, fmt.Errorf("%w: %s has %d bytes, at most %d are taken; divide it", function.ErrPermanent, name, size, int64(bulk.MaxFile))
	}
	if err := b.checkHeader(ctx, name); err != nil {
		return job.Plan{}, err
	}
	for _, r := range bulk.Divide(size) {
		if err := p.page(ctx, &event.BulkPage{Start: r.Start, End: r.End}); err != nil {
			return job.Plan{}, err
		}
	}
	return job.Plan{Size: size}, nil
}

func (b Bulk) checkHeader(ctx context.Context, name string) error {
	if !bulk.IsCSV(name) {
		return nil
	}
	r, err := b.Files.Read(ctx, name, 0, bulk.MaxLine)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = bulk.CSV(r)
	if errors.Is(err, bulk.ErrHeader) {
		err = fmt.Errorf("%w: %s: %w", function.ErrPermanent, name, err)
	}
	return err
}

// pager makes pages of items as they come in.
type pager struct {
	job   job.Job
	add   func(context.Context, event.Event) error
	pages int
	size  int64
	open  []string // items of the page that is not full yet
}

func (p *pager) items(ctx context.Context, ids []string) error {
	p.size += int64(len(ids))
	for _, id := range ids {
		p.open = append(p.open, id)
		if len(p.open) < itemsPerPage {
			continue
		}
		if err := p.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *pager) flush(ctx context.Context) error {
	e := &event.BulkPage{Items: p.open}
	p.open = nil
	return p.page(ctx, e)
}

func (p *pager) page(ctx context.Context, e *event.BulkPage) error {
	e.Job, e.Shop, e.Page = string(p.job.ID), p.job.Shop, p.pages
	p.pages++
	return p.add(ctx, e)
}

func (p *pager) end(ctx context.Context, err error) (job.Plan, error) {
	if err == nil && len(p.open) > 0 {
		err = p.flush(ctx)
	}
	return job.Plan{Size: p.size}, err
}
