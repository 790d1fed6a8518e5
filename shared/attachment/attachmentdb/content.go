package attachmentdb

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"lastmile/shared/attachment"
	"lastmile/shared/docs"
	"lastmile/shared/files"
)

// Put gives a file content that r streams: a new version of the one with this
// id, or its first. Content that a public file has already changes nothing but
// the source.
func (s *Store) Put(ctx context.Context, f attachment.File, r io.Reader) (attachment.File, error) {
	k, err := attachment.Find(f.Kind)
	if err != nil {
		return f, err
	}
	l, f, err := s.merged(ctx, f)
	if err != nil {
		return f, err
	}
	return s.keep(ctx, l, f, k, r, files.Content{Size: -1})
}

// Note stores a file's source, such as why it has no content.
func (s *Store) Note(ctx context.Context, f attachment.File) error {
	l, f, err := s.merged(ctx, f)
	if err != nil {
		return err
	}
	return s.replace(ctx, l, f)
}

// merged returns the stored record with f's source, or f if there is none.
func (s *Store) merged(ctx context.Context, f attachment.File) (*docs.Lookup[attachment.File], attachment.File, error) {
	l := s.files().Lookup(string(f.ID))
	if err := s.db.Fetch(ctx, l); err != nil {
		return nil, f, err
	}
	if !l.Exists {
		f.Created = s.now()
		return l, f, nil
	}
	source := f.Source
	f = l.Data
	f.Source = source
	return l, f, nil
}

// Confirm checks what was uploaded, and makes it the content of the file. Asked
// again, it answers the same.
func (s *Store) Confirm(ctx context.Context, id attachment.ID) (attachment.File, error) {
	l, k, err := s.lookup(ctx, id)
	if err != nil {
		return attachment.File{}, err
	}
	f := l.Data
	switch {
	case f.Next == nil && f.Visible(s.now()):
		return f, nil
	case f.Next == nil, s.now().After(f.Next.Expires):
		return f, attachment.ErrNotAnnounced
	}
	sum, err := files.ParseSum(f.Next.Sum)
	if err != nil {
		return f, &attachment.RefusedError{Field: "crc32c", Problem: err.Error()}
	}
	parts := f.Parts()
	r := &partReader{ctx: ctx, bucket: s.private, parts: parts}
	defer r.Close()
	after, err := s.keep(ctx, l, f, k, r, files.Content{Size: f.Next.Size, Sum: &sum})
	if errors.Is(err, files.ErrNotFound) {
		return f, fmt.Errorf("%w: %w", attachment.ErrIncomplete, err)
	}
	if err == nil || errors.Is(err, attachment.ErrRefused) {
		for _, p := range parts {
			_ = s.private.Delete(ctx, p.Object) // what stays, the reaper deletes
		}
	}
	return after, err
}

// keep writes the content that r streams and then the record that tells of it.
func (s *Store) keep(ctx context.Context, l *docs.Lookup[attachment.File], f attachment.File, k attachment.Kind, r io.Reader, announced files.Content) (attachment.File, error) {
	c, r, err := inspect(k, r)
	if err != nil {
		return f, err
	}
	if k.Public && f.Version > 0 && f.Content.Digest == c.Digest {
		f.Next = nil
		return f, s.replace(ctx, l, f)
	}
	announced.Type, announced.Limit = c.Type, k.MaxSize
	c.Object = f.Object(k, c.Digest, c.Type)
	o, err := s.bucket(k).Write(ctx, c.Object, r, announced)
	if err != nil {
		return f, refusal(err)
	}
	c.Size, c.Sum = o.Size, o.Sum.String()
	before := f
	f = f.With(k, c, s.now())
	if err := s.replace(ctx, l, f); err != nil {
		if errors.Is(err, ErrConflict) && !k.Public { // who won may have written the same public object
			_ = s.bucket(k).Delete(ctx, c.Object)
		}
		return before, err
	}
	if before.Version > 0 {
		_ = s.bucket(k).Delete(ctx, before.Content.Object)
	}
	return f, nil
}

// inspect reads the beginning of content, and refuses what is not of the kind. A
// public file's name tells its content, so that is read to its end: such kinds
// are small. It returns what is to be written.
func inspect(k attachment.Kind, r io.Reader) (attachment.Content, io.Reader, error) {
	in := bufio.NewReaderSize(r, attachment.PictureHead)
	head, err := in.Peek(attachment.PictureHead)
	if err != nil && err != io.EOF {
		return attachment.Content{}, nil, err
	}
	c := attachment.Content{Size: max(1, int64(len(head))), Type: files.TypeOf(head[:min(len(head), files.Head)]), Digest: rand.Text()}
	if k.Picture() {
		c.Width, c.Height = attachment.Dimensions(head)
	}
	if err := k.Check(c); err != nil || !k.Public {
		return c, in, err
	}
	whole, err := io.ReadAll(io.LimitReader(in, k.MaxSize+1))
	if err != nil {
		return c, nil, err
	}
	sum := sha256.Sum256(whole)
	c.Digest = hex.EncodeToString(sum[:])
	return c, bytes.NewReader(whole), nil
}

// refusal tells whose fault an error is: content that is not as announced is the
// sender's.
func refusal(err error) error {
	if errors.Is(err, files.ErrMismatch) || errors.Is(err, files.ErrTooLarge) {
		return fmt.Errorf("%w: %w", &attachment.RefusedError{Field: "content", Problem: "is not what was announced"}, err)
	}
	return err
}

// partReader reads the parts of an upload one after the other.
type partReader struct {
	ctx    context.Context // of the one call that it lives for
	bucket *files.Bucket
	parts  []attachment.Part
	open   io.ReadCloser
}

func (r *partReader) Read(b []byte) (int, error) {
	for {
		if r.open == nil {
			if len(r.parts) == 0 {
				return 0, io.EOF
			}
			next, err := r.bucket.Read(r.ctx, r.parts[0].Object, 0, -1)
			if err != nil {
				return 0, err
			}
			r.open, r.parts = next, r.parts[1:]
		}
		n, err := r.open.Read(b)
		if err != io.EOF {
			return n, err
		}
		_ = r.Close()
		if n > 0 {
			return n, nil
		}
	}
}

// Close ends what is being read.
func (r *partReader) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}
