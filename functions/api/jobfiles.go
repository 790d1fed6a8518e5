package api

import (
	"context"

	"lastmile/shared/attachment"
	"lastmile/shared/attachment/attachmentdb"
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
	return urlOf(ctx, r.Files, attachment.ID(j.Report))
}

// urlOf is where the content of a file is read; empty if there is none any more.
func urlOf(ctx context.Context, files *attachmentdb.Store, id attachment.ID) (string, error) {
	if id == "" {
		return "", nil
	}
	found, err := files.Visible(ctx, id)
	if err != nil {
		return "", err
	}
	f, ok := found[id]
	if !ok {
		return "", nil
	}
	return files.URL(ctx, f)
}
