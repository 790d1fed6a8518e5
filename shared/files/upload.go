package files

import (
	"cmp"
	"context"
	"io"

	"gocloud.dev/blob"
)

// writer opens the driver's writer. Azure's panics where an upload fails, so
// there the driver reads from a pipe.
func (b *Bucket) writer(ctx context.Context, name string, o *blob.WriterOptions) (io.WriteCloser, error) {
	if b.scheme != "azblob" {
		return b.bucket.NewWriter(ctx, name, o)
	}
	o.ContentType = cmp.Or(o.ContentType, "application/octet-stream")
	r, w := io.Pipe()
	u := &upload{PipeWriter: w, done: make(chan error, 1)}
	go func() {
		err := b.bucket.Upload(ctx, name, r, o)
		_ = r.CloseWithError(cmp.Or(err, io.ErrClosedPipe))
		u.done <- err
	}()
	return u, nil
}

// upload writes to a driver that reads.
type upload struct {
	*io.PipeWriter
	done chan error // what became of it, once
}

// Close waits until the object is kept, or is not.
func (u *upload) Close() error {
	_ = u.PipeWriter.Close()
	return <-u.done
}
