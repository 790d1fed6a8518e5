package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gocloud.dev/blob"
)

// Object is what a store holds.
type Object struct {
	Size int64
	Sum  Sum
	Type string
}

func (o Object) String() string { return fmt.Sprintf("%d bytes with CRC32C %s", o.Size, o.Sum) }

// Size returns the length of an object, in bytes.
func (b *Bucket) Size(ctx context.Context, name string) (int64, error) {
	defer trip(ctx, "Size", time.Now())
	a, err := b.bucket.Attributes(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", name, classify(err))
	}
	return a.Size, nil
}

// Read streams up to n bytes of an object from an offset; n < 0 is up to its
// end. The caller closes the reader.
func (b *Bucket) Read(ctx context.Context, name string, offset, n int64) (io.ReadCloser, error) {
	defer trip(ctx, "Read", time.Now())
	r, err := b.bucket.NewRangeReader(ctx, name, offset, n, nil)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, classify(err))
	}
	return r, nil
}

// Delete removes an object, if it is there.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	defer trip(ctx, "Delete", time.Now())
	err := classify(b.bucket.Delete(ctx, name))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}

// Entry is an object in a list.
type Entry struct {
	Name     string
	Size     int64
	Modified time.Time
}

// List returns up to n objects from a cursor on (empty: from the first), in the
// order of their names, and the cursor of the next ones; empty if there are none.
func (b *Bucket) List(ctx context.Context, cursor string, n int) ([]Entry, string, error) {
	defer trip(ctx, "List", time.Now())
	token := blob.FirstPageToken
	if cursor != "" {
		token = []byte(cursor)
	}
	found, next, err := b.bucket.ListPage(ctx, token, n, nil)
	if err != nil {
		return nil, "", fmt.Errorf("list: %w", classify(err))
	}
	all := make([]Entry, len(found))
	for i, o := range found {
		all[i] = Entry{Name: o.Key, Size: o.Size, Modified: o.ModTime}
	}
	return all, string(next), nil
}

// readBack returns the sum and the length of what the store gives back.
func (b *Bucket) readBack(ctx context.Context, name string) (Sum, int64, error) {
	r, err := b.bucket.NewReader(ctx, name, nil)
	if err != nil {
		return 0, 0, fmt.Errorf("read back: %w", classify(err))
	}
	defer r.Close()
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	return sumAll(r, buf[:])
}
