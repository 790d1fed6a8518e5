package api

import (
	"context"

	"lastmile/shared/attachment"
	"lastmile/shared/job"
)

// pin has a job read the uploaded file that it names, as it was confirmed: its
// content, and so the object, stays as it is.
func (r Jobs) pin(ctx context.Context, j *job.Job) error {
	if j.Input.FileID == "" {
		return nil
	}
	id := attachment.ID(j.Input.FileID)
	found, err := r.Files.Visible(ctx, id)
	if err != nil {
		return err
	}
	f, ok := found[id]
	if !ok || f.Kind != attachment.JobInput || f.Owner != attachment.OwnedBy("shop", j.Shop) {
		return faulty("body.fileId", "is no confirmed file of kind "+attachment.JobInput+" of this shop: upload it, and confirm it")
	}
	j.Input.File = f.Content.Object
	return nil
}

// reportURL is where the report of a job is read; empty if it has none any more.
func (r Jobs) reportURL(ctx context.Context, j job.Job) (string, error) {
	if j.Report == "" {
		return "", nil
	}
	id := attachment.ID(j.Report)
	found, err := r.Files.Visible(ctx, id)
	if err != nil {
		return "", err
	}
	f, ok := found[id]
	if !ok {
		return "", nil
	}
	return r.Files.URL(ctx, f)
}
