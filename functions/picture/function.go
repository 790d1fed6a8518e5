// Package picture fetches the picture of items and keeps it, for everybody to
// see.
//
// Trigger: item.picture.v1. Replays are harmless: a source that says that nothing
// changed, or sends what is stored, changes nothing but when it was asked. What
// somebody else changes or deletes meanwhile is asked for again. What cannot be a picture is
// noted in the file's record, for people to see; it is no dead letter.
package picture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"lastmile/shared/attachment"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/event"
)

// Sources have pictures; [cataloghttp.ErrRefused], [cataloghttp.ErrForbidden]
// where asking again cannot help.
type Sources interface {
	Picture(ctx context.Context, address string, v cataloghttp.Validators) (cataloghttp.Picture, error)
}

// Files keep pictures; [attachment.ErrUnknown] for one that is not there.
type Files interface {
	Find(ctx context.Context, id attachment.ID) (attachment.File, error)
	Put(ctx context.Context, f attachment.File, r io.Reader) (attachment.File, error)
	Note(ctx context.Context, f attachment.File) error
}

// Function is the picture function.
type Function struct {
	sources Sources
	files   Files
	now     func() time.Time
}

// New returns a Function that keeps what from has in to, by the clock now.
func New(from Sources, to Files, now func() time.Time) *Function {
	return &Function{sources: from, files: to, now: now}
}

// Handle fetches one picture, unless it has not changed.
func (f *Function) Handle(ctx context.Context, e event.ItemPicture) error {
	file, err := f.record(ctx, e)
	if err != nil {
		return err
	}
	got, err := f.sources.Picture(ctx, e.Source, known(file))
	file.Source = &attachment.Source{URL: e.Source, ETag: got.Validators.ETag, Modified: got.Validators.Modified, Checked: f.now().UTC()}
	switch {
	case err == nil && got.Body == nil:
		err = f.files.Note(ctx, file) // so that whoever is about to delete it sees that it is wanted
	case err == nil:
		defer got.Body.Close()
		_, err = f.files.Put(ctx, file, got.Body)
	}
	if hopeless(err) {
		file.Source.ETag, file.Source.Modified, file.Source.Fault = "", "", err.Error()
		err = f.files.Note(ctx, file)
	}
	if err != nil {
		return fmt.Errorf("picture %s of shop %s: %w", file.ID, e.Shop, err)
	}
	return nil
}

// record returns what is stored of a picture, or what a new one begins with.
func (f *Function) record(ctx context.Context, e event.ItemPicture) (attachment.File, error) {
	id := attachment.PictureOf(e.Shop, e.Source)
	file, err := f.files.Find(ctx, id)
	if errors.Is(err, attachment.ErrUnknown) {
		return attachment.File{ID: id, Kind: attachment.ItemPicture, Owner: attachment.OwnedBy("shop", e.Shop), By: "catalog"}, nil
	}
	return file, err
}

// known is what the source said of the content that is stored.
func known(f attachment.File) cataloghttp.Validators {
	if f.Source == nil || f.Version == 0 {
		return cataloghttp.Validators{}
	}
	return cataloghttp.Validators{ETag: f.Source.ETag, Modified: f.Source.Modified}
}

// hopeless reports whether only the shop's provider can help.
func hopeless(err error) bool {
	return errors.Is(err, cataloghttp.ErrRefused) || errors.Is(err, cataloghttp.ErrForbidden) || errors.Is(err, attachment.ErrRefused)
}
