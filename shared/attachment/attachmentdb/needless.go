package attachmentdb

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/attachment"
	"lastmile/shared/docs"
)

// records deletes files that no entity needs.
func (r *Reaper) records(ctx context.Context, cursor string) (next string, deleted int, err error) {
	query := r.files().Query().OrderBy("__name__", docs.Asc).Limit(walked)
	if cursor != "" {
		query = query.After(cursor)
	}
	found, err := query.All(ctx)
	if err != nil {
		return "", 0, err
	}
	if len(found) == walked {
		next = found[walked-1].ID
	}
	var n atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(abreast)
	for _, d := range found {
		g.Go(func() error {
			gone, err := r.end(ctx, d)
			if gone {
				n.Add(1)
			}
			return err
		})
	}
	err = g.Wait()
	return next, int(n.Load()), err
}

// end deletes a file if no entity needs it.
func (r *Reaper) end(ctx context.Context, d docs.Doc[attachment.File]) (gone bool, err error) {
	if r.now().Sub(d.Data.Created) < grace {
		return false, nil
	}
	if needed, err := r.entities.Needs(ctx, d.Data); needed || err != nil {
		return false, err
	}
	k, err := attachment.Find(d.Data.Kind)
	if err != nil {
		return false, err
	}
	if gone, err = r.forget(ctx, d); gone {
		r.drop(ctx, k, d.Data)
	}
	return gone, err
}

// forget deletes a record that has not been written since: whoever asks for a
// file again, or finds it unchanged, writes it.
func (r *Reaper) forget(ctx context.Context, d docs.Doc[attachment.File]) (gone bool, err error) {
	err = r.db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error {
		l := r.files().Lookup(d.ID)
		if err := tx.Fetch(l); err != nil {
			return err
		}
		if gone = l.Exists && l.Updated.Equal(d.Updated); gone {
			tx.Write(r.files().Delete(d.ID))
		}
		return nil
	})
	return gone && err == nil, err
}
