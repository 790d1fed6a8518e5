// Package attachmentdb keeps files that belong to entities: their records in
// Firestore, in the collection files, their content in buckets.
//
// It promises:
//   - a record tells only of content whose length, CRC32C and type were checked
//     against what the bucket holds, under a name that no URL can write;
//   - of two who replace a file at once one succeeds and the other is told;
//   - what no record needs is deleted, and what no entity needs: at once where that
//     can be, and otherwise by [Reaper.Reap], whatever a crash left.
package attachmentdb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/attachment"
	"lastmile/shared/docs"
	"lastmile/shared/files"
)

// ErrConflict is returned for a file that somebody else replaced meanwhile.
var ErrConflict = errors.New("the file has been replaced meanwhile: look at it and try again")

// Store keeps files. It is safe for concurrent use.
type Store struct {
	db              *docs.DB
	private, public *files.Bucket
	now             func() time.Time
}

// New returns a Store by the clock now.
func New(db *docs.DB, private, public *files.Bucket, now func() time.Time) *Store {
	return &Store{db: db, private: private, public: public, now: func() time.Time { return now().UTC() }}
}

// Now is the store's clock.
func (s *Store) Now() time.Time { return s.now() }

// Expiries are the fields after whose time records are deleted.
func Expiries() []docs.Expiry { return []docs.Expiry{{Collection: "files", Field: "expires"}} }

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{{Collection: "files", Field: "content"}, {Collection: "files", Field: "next"}, {Collection: "files", Field: "source"}}
}

func (s *Store) files() docs.Collection[attachment.File] {
	return docs.In[attachment.File](s.db, "files")
}

// bucket is where files of a kind are.
func (s *Store) bucket(k attachment.Kind) *files.Bucket {
	if k.Public {
		return s.public
	}
	return s.private
}

// lookup fetches a record, which need not be visible yet; [attachment.ErrUnknown]
// if there is none.
func (s *Store) lookup(ctx context.Context, id attachment.ID) (*docs.Lookup[attachment.File], attachment.Kind, error) {
	l := s.files().Lookup(string(id))
	err := s.db.Fetch(ctx, l)
	if errors.Is(err, docs.ErrBadID) || err == nil && !l.Exists {
		return nil, attachment.Kind{}, fmt.Errorf("%w: %.80q", attachment.ErrUnknown, string(id))
	}
	if err != nil {
		return nil, attachment.Kind{}, err
	}
	k, err := attachment.Find(l.Data.Kind)
	return l, k, err
}

// Find returns a file whether it may be seen yet or not, or
// [attachment.ErrUnknown].
func (s *Store) Find(ctx context.Context, id attachment.ID) (attachment.File, error) {
	l, _, err := s.lookup(ctx, id)
	if err != nil {
		return attachment.File{}, err
	}
	return l.Data, nil
}

// Visible returns those of the files that may be seen, in one round trip.
func (s *Store) Visible(ctx context.Context, ids ...attachment.ID) (map[attachment.ID]attachment.File, error) {
	lookups := make(map[attachment.ID]*docs.Lookup[attachment.File], len(ids))
	var fetch []docs.Fetcher
	for _, id := range ids {
		if lookups[id] == nil {
			lookups[id] = s.files().Lookup(string(id))
			fetch = append(fetch, lookups[id])
		}
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	found := map[attachment.ID]attachment.File{}
	for id, l := range lookups {
		if l.Exists && l.Data.Visible(s.now()) {
			found[id] = l.Data
		}
	}
	return found, nil
}

// urlTime is how long a URL of a private file is good.
const urlTime = 15 * time.Minute

// URL returns where the content of a file that may be seen is found: for ever if
// it is public, otherwise for a quarter of an hour.
func (s *Store) URL(ctx context.Context, f attachment.File) (string, error) {
	k, err := attachment.Find(f.Kind)
	if err != nil {
		return "", err
	}
	if k.Public {
		return s.public.URL(f.Content.Object), nil
	}
	g, err := s.private.SignGet(ctx, f.Content.Object, s.now().Add(urlTime))
	return g.URL, err
}

// Announce stores that f is to get content, and returns where its parts go. A
// file that exists keeps what it has until the new content is confirmed.
func (s *Store) Announce(ctx context.Context, f attachment.File, u attachment.Upload) ([]Slot, error) {
	k, err := attachment.Find(f.Kind)
	if err != nil {
		return nil, err
	}
	l, f, err := s.merged(ctx, f)
	if err != nil {
		return nil, err
	}
	u.Token = rand.Text()
	if f, err = f.Announce(k, u, s.now()); err != nil {
		return nil, err
	}
	if err := s.replace(ctx, l, f); err != nil {
		return nil, err
	}
	return s.slots(ctx, f)
}

func (s *Store) replace(ctx context.Context, l *docs.Lookup[attachment.File], f attachment.File) error {
	err := s.db.Commit(ctx, s.files().Replace(l, f))
	if errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists) || errors.Is(err, docs.ErrNotFound) {
		return fmt.Errorf("file %s: %w: %w", f.ID, ErrConflict, err)
	}
	return err
}

// Delete removes a file and its content, if it is there.
func (s *Store) Delete(ctx context.Context, id attachment.ID) error {
	l, k, err := s.lookup(ctx, id)
	if errors.Is(err, attachment.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.db.Commit(ctx, s.files().Delete(string(id))); err != nil {
		return err
	}
	s.drop(ctx, k, l.Data)
	return nil
}

// drop deletes the objects of a file. What it cannot, [Reaper.Reap] will.
func (s *Store) drop(ctx context.Context, k attachment.Kind, f attachment.File) {
	if f.Version > 0 {
		_ = s.bucket(k).Delete(ctx, f.Content.Object)
	}
	for _, p := range f.Parts() {
		_ = s.private.Delete(ctx, p.Object)
	}
}
