package attachmentdb

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/attachment"
	"lastmile/shared/files"
)

// Slot is where one part of an upload goes.
type Slot struct {
	files.Grant

	Offset int64 `json:"offset" doc:"of the part in the content"`
	Size   int64 `json:"size"`

	// Done is true for a part that is there.
	Done bool `json:"done"`
}

// abreast is how many parts are looked for, or signed, at once.
const abreast = 8

// Slots returns where the parts of an announced upload go, and which are there
// already: an upload that was cut goes on with the others. It returns
// [attachment.ErrNotAnnounced] if there is no upload.
func (s *Store) Slots(ctx context.Context, f attachment.File) ([]Slot, error) {
	if f.Next == nil || s.now().After(f.Next.Expires) {
		return nil, attachment.ErrNotAnnounced
	}
	slots, err := s.slots(ctx, f)
	if err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(abreast)
	for i, p := range f.Parts() {
		g.Go(func() error {
			size, err := s.private.Size(ctx, p.Object)
			if errors.Is(err, files.ErrNotFound) {
				return nil
			}
			slots[i].Done = size == p.Size
			return err
		})
	}
	return slots, g.Wait()
}

// slots signs a URL for each part.
func (s *Store) slots(ctx context.Context, f attachment.File) ([]Slot, error) {
	parts := f.Parts()
	slots := make([]Slot, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(abreast)
	for i, p := range parts {
		g.Go(func() error {
			grant, err := s.private.SignPut(ctx, p.Object, p.Size, f.Next.Expires)
			slots[i] = Slot{Grant: grant, Offset: p.Offset, Size: p.Size}
			return err
		})
	}
	return slots, g.Wait()
}
