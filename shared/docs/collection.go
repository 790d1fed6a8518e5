package docs

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/firestore"
)

// Collection holds documents of type T, a struct with firestore tags.
type Collection[T any] struct {
	db   *DB
	path string
}

// In returns the collection at path, whose parts alternate between collections
// and documents: In[Item](db, "shops", shop, "items").
func In[T any](db *DB, path ...string) Collection[T] {
	return Collection[T]{db: db, path: strings.Join(path, "/")}
}

// Lookup is a document to be fetched and, afterwards, what was found. Its own
// fields are valid once [DB.Fetch] or [Tx.Fetch] has returned.
type Lookup[T any] struct {
	ID     string
	Data   T
	Exists bool

	// Updated is when the document was last written; it is what [Collection.Replace]
	// asks for.
	Updated time.Time

	// Created is when the document was first written.
	Created time.Time

	path string
}

// A Fetcher is a pointer to a [Lookup] of any type.
type Fetcher interface {
	document() string
	found(*firestore.DocumentSnapshot) error
}

// Lookup returns a lookup of the document with this id.
func (c Collection[T]) Lookup(id string) *Lookup[T] {
	return &Lookup[T]{ID: id, path: c.document(id)}
}

// Get returns a document, or [ErrNotFound]. Where more than one is needed,
// [DB.Fetch] costs no more.
func (c Collection[T]) Get(ctx context.Context, id string) (T, error) {
	l := c.Lookup(id)
	if err := c.db.Fetch(ctx, l); err != nil {
		return l.Data, err
	}
	if !l.Exists {
		return l.Data, fmt.Errorf("%w: %s", ErrNotFound, l.path)
	}
	return l.Data, nil
}

// Fetch reads documents of any collections in one round trip.
func (db *DB) Fetch(ctx context.Context, lookups ...Fetcher) error {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	return db.fetch(lookups, func(refs []*firestore.DocumentRef) ([]*firestore.DocumentSnapshot, error) {
		return db.client.GetAll(ctx, refs)
	})
}

func (db *DB) fetch(lookups []Fetcher, get func([]*firestore.DocumentRef) ([]*firestore.DocumentSnapshot, error)) error {
	if len(lookups) == 0 {
		return nil
	}
	refs := make([]*firestore.DocumentRef, len(lookups))
	for i, l := range lookups {
		ref, err := db.ref(l.document())
		if err != nil {
			return err
		}
		refs[i] = ref
	}
	snaps, err := get(refs)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", lookups[0].document(), classify(err))
	}
	for i, snap := range snaps {
		if err := lookups[i].found(snap); err != nil {
			return fmt.Errorf("fetch %s: %w", lookups[i].document(), err)
		}
	}
	return nil
}

func (l *Lookup[T]) document() string { return l.path }

func (l *Lookup[T]) found(snap *firestore.DocumentSnapshot) error {
	l.Exists = snap.Exists()
	if !l.Exists {
		return nil
	}
	l.Updated, l.Created = snap.UpdateTime, snap.CreateTime
	return snap.DataTo(&l.Data)
}

func (c Collection[T]) document(id string) string { return c.path + "/" + id }

// maxID is Firestore's bound on a document id, in bytes.
const maxID = 1500

// ref returns a reference to the document at path, which must have an even
// number of parts.
func (db *DB) ref(path string) (*firestore.DocumentRef, error) {
	for part := range strings.SplitSeq(path, "/") {
		reserved := strings.HasPrefix(part, "__") && strings.HasSuffix(part, "__")
		text := utf8.ValidString(part) && !strings.Contains(part, "\x00")
		if part == "" || part == "." || part == ".." || reserved || len(part) > maxID || !text {
			return nil, fmt.Errorf("%w: %.80q in %.200q", ErrBadID, part, path)
		}
	}
	ref := db.client.Doc(path)
	if ref == nil {
		return nil, fmt.Errorf("%w: %.200q does not alternate between collections and documents", ErrBadID, path)
	}
	return ref, nil
}
