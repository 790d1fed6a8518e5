// Package files keeps objects in a bucket of any provider: gs://, file:// or
// mem://, chosen by the bucket's URL.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file://
	_ "gocloud.dev/blob/gcsblob"  // gs://
	_ "gocloud.dev/blob/memblob"  // mem://
	"gocloud.dev/gcerrors"
)

// ErrNotFound is returned for an object that is not there.
var ErrNotFound = errors.New("file not found")

// Bucket is a place for objects. It is safe for concurrent use.
type Bucket struct{ bucket *blob.Bucket }

// Open opens the bucket at url.
func Open(ctx context.Context, url string) (*Bucket, error) {
	b, err := blob.OpenBucket(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", url, err)
	}
	return &Bucket{b}, nil
}

// Close disconnects.
func (b *Bucket) Close() error { return b.bucket.Close() }

// Size returns the length of an object, in bytes.
func (b *Bucket) Size(ctx context.Context, name string) (int64, error) {
	a, err := b.bucket.Attributes(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", name, classify(err))
	}
	return a.Size, nil
}

// Read streams up to n bytes of an object from an offset; n < 0 is up to its
// end. The caller closes the reader.
func (b *Bucket) Read(ctx context.Context, name string, offset, n int64) (io.ReadCloser, error) {
	r, err := b.bucket.NewRangeReader(ctx, name, offset, n, nil)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, classify(err))
	}
	return r, nil
}

func classify(err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}
