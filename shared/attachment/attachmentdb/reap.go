package attachmentdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/attachment"
	"lastmile/shared/docs"
	"lastmile/shared/files"
)

const (
	// grace is how old an object without a record, or a record without an entity,
	// must be: a writer may be about to commit it, and an upload to be confirmed.
	grace = 24 * time.Hour

	// every is how often all is walked through.
	every = 24 * time.Hour

	// walked is how many records, and objects of each bucket, one call looks at.
	walked = 500
)

// walk is how far the records or a bucket have been walked through.
type walk struct {
	Cursor string    `firestore:"cursor"`
	Began  time.Time `firestore:"began"`
}

// Entities know what files are for.
type Entities interface {
	// Needs reports whether the entity of f is still there, and shows it.
	Needs(ctx context.Context, f attachment.File) (bool, error)
}

// Reaper deletes the files of a store that nothing needs any more.
type Reaper struct {
	*Store
	entities Entities
}

// NewReaper returns a Reaper of the files in s.
func NewReaper(s *Store, e Entities) *Reaper { return &Reaper{s, e} }

// Reap goes on with a walk through the records and the buckets, once a day. It
// deletes the files that no entity needs, and the objects that no record needs:
// uploads never confirmed, versions that were replaced, files whose record is
// gone. Objects that are not of this package stay. It returns how many files and
// objects it deleted.
func (r *Reaper) Reap(ctx context.Context) (deleted int, err error) {
	var errs []error
	for name, step := range map[string]step{"records": r.records, "private": r.objects(r.private), "public": r.objects(r.public)} {
		n, err := r.walk(ctx, name, step)
		if err != nil {
			errs = append(errs, fmt.Errorf("reap files, %s: %w", name, err))
		}
		deleted += n
	}
	return deleted, errors.Join(errs...)
}

// step deletes what is not needed of the next part from a cursor on, and returns
// the cursor of the one after; empty if there is none.
type step func(ctx context.Context, cursor string) (next string, deleted int, err error)

// walk goes one step on, or begins again if a day has passed.
func (r *Reaper) walk(ctx context.Context, name string, do step) (deleted int, err error) {
	walks := docs.In[walk](r.db, "filewalks")
	l := walks.Lookup(name)
	if err := r.db.Fetch(ctx, l); err != nil {
		return 0, err
	}
	w := l.Data
	if w.Cursor == "" {
		if r.now().Sub(w.Began) < every {
			return 0, nil
		}
		w.Began = r.now()
	}
	w.Cursor, deleted, err = do(ctx, w.Cursor)
	if err != nil {
		return deleted, err
	}
	err = r.db.Commit(ctx, walks.Replace(l, w))
	if errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists) {
		return deleted, nil // another call walks here too
	}
	return deleted, err
}

// objects deletes objects of a bucket that no record needs.
func (r *Reaper) objects(b *files.Bucket) step {
	return func(ctx context.Context, cursor string) (next string, deleted int, err error) {
		found, next, err := b.List(ctx, cursor, walked)
		if err != nil {
			return "", 0, err
		}
		orphans, err := r.orphans(ctx, found)
		if err != nil {
			return "", 0, err
		}
		for _, object := range orphans {
			if err := b.Delete(ctx, object); err != nil {
				return "", deleted, err
			}
			deleted++
		}
		return next, deleted, nil
	}
}

// orphans returns the objects that are old enough and that no record needs.
func (s *Store) orphans(ctx context.Context, found []files.Entry) ([]string, error) {
	lookups := map[string]*docs.Lookup[attachment.File]{}
	records := map[attachment.ID]*docs.Lookup[attachment.File]{}
	var fetch []docs.Fetcher
	for _, e := range found {
		id := attachment.FileOf(e.Name)
		if id == "" || s.now().Sub(e.Modified) < grace {
			continue
		}
		if records[id] == nil {
			records[id] = s.files().Lookup(string(id))
			fetch = append(fetch, records[id])
		}
		lookups[e.Name] = records[id]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	var orphans []string
	for name, l := range lookups {
		if !l.Exists || !l.Data.Uses(name, s.now()) {
			orphans = append(orphans, name)
		}
	}
	return orphans, nil
}
