package bulkpage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"lastmile/shared/bulk"
	"lastmile/shared/event"
	"lastmile/shared/files"
	"lastmile/shared/function"
	"lastmile/shared/job"
)

// Jobs finds jobs; [job.ErrUnknown] if there is none.
type Jobs interface {
	Get(ctx context.Context, id job.ID) (job.Job, error)
}

// rows returns what the page asks for. What cannot be read as a row is reported
// in the outcome.
func (f *Function) rows(ctx context.Context, e event.BulkPage) (rows []row, outcome job.Page, err error) {
	if len(e.Items) > 0 {
		for _, id := range e.Items {
			rows = append(rows, newRow(bulk.Row{Item: id}, 0))
		}
		return rows, outcome, nil
	}
	name, err := f.jobs.file(ctx, job.ID(e.Job))
	if err != nil {
		return nil, outcome, err
	}
	format, err := f.format(ctx, name)
	if err != nil {
		return nil, outcome, err
	}
	at := bulk.Range{Start: e.Start, End: e.End}
	offset, n := at.Span()
	r, err := f.read(ctx, name, offset, n)
	if err != nil {
		return nil, outcome, err
	}
	defer r.Close()
	err = at.Lines(r, func(offset int64, line []byte, err error) {
		if offset == 0 && format.Header() {
			return
		}
		read := bulk.Row{}
		if err == nil {
			read, err = format.Row(line)
		}
		if err != nil {
			outcome.Read++
			outcome.Refuse(job.Fault{Item: read.Item, Offset: offset, Reason: err.Error()})
			return
		}
		rows = append(rows, newRow(read, offset))
	})
	return rows, outcome, err
}

// format reads the header of a CSV file.
func (f *Function) format(ctx context.Context, name string) (bulk.Format, error) {
	if !bulk.IsCSV(name) {
		return bulk.JSON(), nil
	}
	r, err := f.read(ctx, name, 0, bulk.MaxLine)
	if err != nil {
		return bulk.Format{}, err
	}
	defer r.Close()
	format, err := bulk.CSV(r)
	if errors.Is(err, bulk.ErrHeader) {
		err = fmt.Errorf("%w: %s: %w", function.ErrPermanent, name, err)
	}
	return format, err
}

func (f *Function) read(ctx context.Context, name string, offset, n int64) (io.ReadCloser, error) {
	r, err := f.files.Read(ctx, name, offset, n)
	if errors.Is(err, files.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", function.ErrPermanent, err)
	}
	return r, err
}

// memo remembers the input files of jobs, which never change, so that the pages
// of one job ask for it once.
type memo struct {
	jobs Jobs

	mu    sync.Mutex
	files map[job.ID]string // guarded by mu
}

func newMemo(jobs Jobs) *memo { return &memo{jobs: jobs, files: map[job.ID]string{}} }

// maxMemo bounds the memo; beyond, it starts anew.
const maxMemo = 1000

func (m *memo) file(ctx context.Context, id job.ID) (string, error) {
	m.mu.Lock()
	name, ok := m.files[id]
	m.mu.Unlock()
	if ok {
		return name, nil
	}
	j, err := m.jobs.Get(ctx, id)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.files) >= maxMemo {
		clear(m.files)
	}
	m.files[id] = j.Input.File
	return j.Input.File, nil
}
