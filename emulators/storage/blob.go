package storage

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

var errTooLarge = errors.New("the object is larger than the emulator allows")

// blob is the content of an object: a file, or bytes in memory. It never changes.
type blob struct {
	File string // within the shelf's directory; "" = in memory
	data []byte
}

// blobs makes and keeps contents.
type blobs struct {
	dir     string // "" = memory
	largest int64
}

func newBlobs(dir string, largest int64) (*blobs, error) {
	if dir == "" {
		return &blobs{largest: largest}, nil
	}
	dir = filepath.Join(dir, "blobs")
	return &blobs{dir: dir, largest: largest}, os.MkdirAll(dir, 0o755)
}

// open returns a reader of b, good even when b is removed meanwhile.
func (s *blobs) open(b blob) (io.ReadSeekCloser, error) {
	if b.File == "" {
		return inMemory{bytes.NewReader(b.data)}, nil
	}
	return os.Open(filepath.Join(s.dir, b.File))
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// remove deletes b; those who read it go on.
func (s *blobs) remove(b blob) {
	if b.File != "" {
		_ = os.Remove(filepath.Join(s.dir, b.File))
	}
}

// sweep deletes every file that is not in kept: uploads that a crash cut.
func (s *blobs) sweep(kept map[string]bool) error {
	if s.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !kept[e.Name()] {
			s.remove(blob{File: e.Name()})
		}
	}
	return nil
}

// draft is a content being written. It ends with keep or drop.
type draft struct {
	file    *os.File // nil = in memory
	buffer  bytes.Buffer
	crc     hash.Hash32
	md5     hash.Hash
	size    int64
	largest int64
}

// sums are the checksums of a content as Google writes them.
type sums struct{ crc32c, md5 string }

func (s *blobs) draft() (*draft, error) {
	d := &draft{crc: crc32.New(crc32.MakeTable(crc32.Castagnoli)), md5: md5.New(), largest: s.largest}
	if s.dir == "" {
		return d, nil
	}
	file, err := os.CreateTemp(s.dir, "")
	d.file = file
	return d, err
}

// Write implements io.Writer.
func (d *draft) Write(b []byte) (n int, err error) {
	if d.size+int64(len(b)) > d.largest {
		return 0, errTooLarge
	}
	if d.file != nil {
		n, err = d.file.Write(b)
	} else {
		n, err = d.buffer.Write(b)
	}
	d.size += int64(n)
	_, _ = d.crc.Write(b[:n])
	_, _ = d.md5.Write(b[:n])
	return n, err
}

func (d *draft) sums() sums {
	crc := binary.BigEndian.AppendUint32(nil, d.crc.Sum32())
	return sums{
		crc32c: base64.StdEncoding.EncodeToString(crc),
		md5:    base64.StdEncoding.EncodeToString(d.md5.Sum(nil)),
	}
}

// keep makes a blob of what was written.
func (d *draft) keep() (blob, error) {
	if d.file == nil {
		return blob{data: d.buffer.Bytes()}, nil
	}
	if err := d.file.Close(); err != nil {
		return blob{}, err
	}
	return blob{File: filepath.Base(d.file.Name())}, nil
}

// drop forgets what was written.
func (d *draft) drop() {
	if d.file != nil {
		_ = d.file.Close()
		_ = os.Remove(d.file.Name())
	}
	d.buffer = bytes.Buffer{}
}
