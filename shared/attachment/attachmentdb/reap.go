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
	// grace is how old an object without a record must be: a writer may be about to
	// commit the record, and an upload about to be confirmed.
	grace = 24 * time.Hour

	// every is how often a bucket is walked through.
	every = 24 * time.Hour

	// walked is how many objects one call looks at in each bucket.
	walked = 500
)

// walk is how far a bucket has been walked through.
type walk struct {
	Cursor string    `firestore:"cursor"`
	Began  time.Time `firestore:"began"`
}

// Reap goes on with a walk through the buckets, once a day, and deletes the
// objects that no record needs: uploads never confirmed, versions that were
// replaced, files whose record is gone. Objects that are not of this package stay.
// It returns how many it deleted.
func (s *Store) Reap(ctx context.Context) (deleted int, err error) {
	private, err := s.reap(ctx, "private", s.private)
	public, publicErr := s.reap(ctx, "public", s.public)
	return private + public, errors.Join(err, publicErr)
}

func (s *Store) reap(ctx context.Context, name string, b *files.Bucket) (deleted int, err error) {
	walks := docs.In[walk](s.db, "filewalks")
	l := walks.Lookup(name)
	if err := s.db.Fetch(ctx, l); err != nil {
		return 0, err
	}
	w := l.Data
	if w.Cursor == "" {
		if s.now().Sub(w.Began) < every {
			return 0, nil
		}
		w.Began = s.now()
	}
	found, next, err := b.List(ctx, w.Cursor, walked)
	if err != nil {
		return 0, fmt.Errorf("reap %s files: %w", name, err)
	}
	orphans, err := s.orphans(ctx, found)
	if err != nil {
		return 0, err
	}
	for _, object := range orphans {
		if err := b.Delete(ctx, object); err != nil {
			return deleted, fmt.Errorf("reap %s files: %w", name, err)
		}
		deleted++
	}
	w.Cursor = next
	err = s.db.Commit(ctx, walks.Replace(l, w))
	if errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists) {
		return deleted, nil // another call walks here too
	}
	return deleted, err
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
