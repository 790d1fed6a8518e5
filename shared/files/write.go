package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"cloud.google.com/go/storage"
	"gocloud.dev/blob"
)

// Content is what is known of an object before it is written.
type Content struct {
	// Type is its media type.
	Type string

	// Size is its length, in bytes; negative if that is not known.
	Size int64

	// Sum is its CRC32C; nil if that is not known.
	Sum *Sum

	// Limit is the length that it must not pass; 0 is none.
	Limit int64
}

// immutable lets caches keep what never changes.
const immutable = "public, max-age=31536000, immutable"

// Write streams r into an object, in place of the one of that name. It returns
// what the store holds only if its sum is that of what was read, and that is what
// c announces; otherwise nothing is kept, and the error is [ErrMismatch] or
// [ErrTooLarge]. Large objects go up in pieces that are sent again one by one.
func (b *Bucket) Write(ctx context.Context, name string, r io.Reader, c Content) (Object, error) {
	if err := checkName(name); err != nil {
		return Object{}, err
	}
	start := time.Now()
	defer trip(ctx, "Write", start)
	o, err := b.write(ctx, name, r, c)
	if err != nil {
		return Object{}, fmt.Errorf("write %s: %w", name, err)
	}
	return o, nil
}

func (b *Bucket) write(ctx context.Context, name string, r io.Reader, c Content) (Object, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	native := &storage.Writer{}
	w, err := b.writer(ctx, name, b.writerOptions(c, &native))
	if err != nil {
		return Object{}, classify(err)
	}
	sent, err := pump(w, r, c)
	if err != nil {
		cancel() // then Close keeps nothing
		_ = w.Close()
		return Object{}, err
	}
	turn := b.turn(name)
	turn.Lock()
	defer turn.Unlock()
	if err := w.Close(); err != nil {
		return Object{}, classify(err)
	}
	if err := b.verify(ctx, name, sent, native); err != nil {
		return Object{}, errors.Join(err, b.remove(ctx, name))
	}
	return sent, nil
}

// turn lets one writer of a name finish and read back before the next one does.
// Of writers in other processes it knows nothing: those need names of their own,
// or a provider that answers a write with its sum.
func (b *Bucket) turn(name string) *sync.Mutex {
	return &b.turns[uint32(SumOf([]byte(name)))%uint32(len(b.turns))]
}

// verify compares what was sent with what the store holds: by its own word where
// it has one, and by reading it back where not.
func (b *Bucket) verify(ctx context.Context, name string, sent Object, native *storage.Writer) (err error) {
	held := Object{Type: sent.Type}
	if b.scheme == "gs" {
		a := native.Attrs()
		held.Size, held.Sum = a.Size, Sum(a.CRC32C)
	} else if held.Sum, held.Size, err = b.readBack(ctx, name); err != nil {
		return err
	}
	if held != sent {
		return fmt.Errorf("%w: sent %s, the store holds %s", ErrMismatch, sent, held)
	}
	return nil
}

// writerOptions are those of every write. Of Google's writer a pointer is kept:
// it knows what the store answered.
func (b *Bucket) writerOptions(c Content, native **storage.Writer) *blob.WriterOptions {
	o := &blob.WriterOptions{ContentType: c.Type, DisableContentTypeDetection: true, ContentDisposition: "attachment"}
	if b.o.Public {
		o.CacheControl, o.ContentDisposition = immutable, ""
	}
	o.BeforeWrite = func(as func(any) bool) error {
		if as(native) && c.Sum != nil {
			(*native).SendCRC32C, (*native).CRC32C = true, uint32(*c.Sum)
		}
		return nil
	}
	return o
}

// buffers are reused: a write allocates none.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

const bufferSize = 256 << 10

// pump copies r to w, and returns what it copied if that is what c announces.
func pump(w io.Writer, r io.Reader, c Content) (Object, error) {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	o := Object{Type: c.Type}
	for {
		n, err := r.Read(buf[:])
		o.Size, o.Sum = o.Size+int64(n), o.Sum.plus(buf[:n])
		if c.Limit > 0 && o.Size > c.Limit {
			return o, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.Limit)
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return o, classify(err)
		}
		switch {
		case err == io.EOF:
			return o, c.check(o)
		case err != nil:
			return o, fmt.Errorf("read what is to be written: %w", err)
		}
	}
}

// check compares o with what was announced.
func (c Content) check(o Object) error {
	switch {
	case c.Size >= 0 && o.Size != c.Size:
		return fmt.Errorf("%w: it has %d bytes, %d were announced", ErrMismatch, o.Size, c.Size)
	case c.Sum != nil && o.Sum != *c.Sum:
		return fmt.Errorf("%w: its CRC32C is %s, %s was announced", ErrMismatch, o.Sum, *c.Sum)
	}
	return nil
}

// removeTimeout bounds the removal of what must not stay.
const removeTimeout = 10 * time.Second

// remove deletes an object although its writer's time may be up.
func (b *Bucket) remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	return b.Delete(ctx, name)
}
