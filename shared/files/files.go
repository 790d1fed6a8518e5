// Package files keeps objects in a bucket of any provider: gs://, s3://,
// azblob://, file:// or mem://, chosen by the bucket's URL alone.
//
// It owns how this system writes objects, and how clients reach them without
// credentials. It promises:
//   - every write is summed with CRC32C while it streams, and the sum compared
//     with that of what the store holds; a write that does not match is removed
//     and is an error ([ErrMismatch]);
//   - a signed URL is good for one method, name and time, whatever the provider;
//     where that cannot sign, [Bucket.Handler] serves the URLs and checks them;
//   - nobody lists a bucket by what this package serves or signs.
//
// A bucket with [Options.Public] is for everybody to read: its objects never
// change, are cached for ever, and their names must tell their content.
package files

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/fileblob"  // file://
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/memblob"   // mem://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"

	"lastmile/shared/logs"
)

var (
	// ErrNotFound is returned for an object that is not there.
	ErrNotFound = errors.New("file not found")

	// ErrMismatch is returned for content that is not what was announced, or not
	// what the store holds. Nothing of it is kept.
	ErrMismatch = errors.New("content does not match")

	// ErrTooLarge is returned for content that is longer than its limit.
	ErrTooLarge = errors.New("file is too large")

	// ErrName is returned for a name that no object may have.
	ErrName = errors.New("bad file name")
)

// Options are the knobs of a bucket; the zero value can do everything but give
// URLs.
type Options struct {
	// Public makes the bucket one that everybody may read.
	Public bool

	// Base is the URL beneath which objects are found: for a public bucket that of
	// the CDN, for a private one that cannot sign where [Bucket.Handler] is served.
	Base string

	// Key signs URLs where the provider cannot.
	Key []byte

	// EmulatorHost is the address that URLs of gs:// lead to, as in
	// STORAGE_EMULATOR_HOST, which the driver reads itself; empty for Google's.
	EmulatorHost string

	// Now is the clock by which our own URLs expire; nil is time.Now.
	Now func() time.Time
}

// Bucket is a place for objects. It is safe for concurrent use.
type Bucket struct {
	bucket *blob.Bucket
	scheme string
	o      Options
	turns  [64]sync.Mutex // by name: see [Bucket.turn]
}

// Open opens the bucket at address. A folder of file:// is made if it is not
// there.
func Open(ctx context.Context, address string, o Options) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	if u.Scheme == "file" {
		q := u.Query()
		q.Set("create_dir", "true")
		q.Set("no_tmp_dir", "true") // what is being written must be on the same disk
		u.RawQuery = q.Encode()
	}
	b, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("open bucket %s://%s: %w", u.Scheme, u.Host, err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Base = strings.TrimSuffix(o.Base, "/")
	return &Bucket{bucket: b, scheme: u.Scheme, o: o}, nil
}

// Close disconnects.
func (b *Bucket) Close() error { return b.bucket.Close() }

// trip counts a round trip that began at start.
func trip(ctx context.Context, name string, start time.Time) {
	logs.Trip(ctx, "files."+name, time.Since(start))
}

func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case gcerrors.Code(err) == gcerrors.NotFound:
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// maxName bounds a name, in bytes, so that every provider takes it.
const maxName = 700

// checkName refuses names that some provider, or a file system, reads otherwise
// than it is written.
func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%w: it must have 1 to %d bytes", ErrName, maxName)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".attrs") {
			return fmt.Errorf("%w: %.80q", ErrName, name)
		}
	}
	for _, r := range name {
		if r < ' ' || r > '~' || strings.ContainsRune(`\<>:"|?*#%`, r) {
			return fmt.Errorf("%w: %.80q", ErrName, name)
		}
	}
	return nil
}
