package jobfinish

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/attachment"
	"lastmile/shared/event"
	"lastmile/shared/job"
)

// Files keep the reports of jobs.
type Files interface {
	Put(ctx context.Context, f attachment.File, r io.Reader) (attachment.File, error)
	Delete(ctx context.Context, id attachment.ID) error
}

// report writes the report of a complete job, and returns its file; none for a
// job of which nothing failed. Written again, it replaces the one before.
func (f *Function) report(ctx context.Context, j job.Job, tally job.Tally) (file string, err error) {
	id := attachment.ID(event.DeriveID("job report", string(j.ID)))
	if !tally.Faulty() {
		if j.Report == "" {
			return "", nil
		}
		return "", f.files.Delete(ctx, id)
	}
	report := attachment.File{ID: id, Kind: attachment.JobReport, Owner: attachment.OwnedBy("job", string(j.ID)), By: "jobfinish"}
	r, w := io.Pipe()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		err := f.complain(ctx, j, w)
		_ = w.CloseWithError(err) // never fails
		return err
	})
	g.Go(func() error {
		_, err := f.files.Put(ctx, report, r)
		_ = r.CloseWithError(err) // never fails
		return err
	})
	return string(id), g.Wait()
}

// maxLines bounds a report well within the size of its kind.
const maxLines = 100_000

// complain writes what failed, as NDJSON.
func (f *Function) complain(ctx context.Context, j job.Job, to io.Writer) error {
	w := bufio.NewWriter(to)
	lines, n := json.NewEncoder(w), 0
	err := f.jobs.Complaints(ctx, j, func(c job.Complaint) error {
		n++
		if n > maxLines {
			return errFull
		}
		return lines.Encode(c)
	})
	if errors.Is(err, errFull) {
		err = lines.Encode(job.Complaint{Fault: job.Fault{Reason: "the report ends here: more failed"}})
	}
	return errors.Join(err, w.Flush())
}

var errFull = errors.New("the report is full")
