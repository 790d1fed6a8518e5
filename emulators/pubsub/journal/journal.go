// Package journal is a file of checksummed records that only grows, until it is
// rewritten.
//
// It promises that what was flushed survives the death of the process, that a
// record which death cut short is dropped at the next opening, and that a record
// which changed on the disk is an error and never read. A rewrite replaces the file
// at once: a crash leaves the old one or the new one.
package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// ErrCorrupt says that a record in the middle of the file does not match its checksum.
var ErrCorrupt = errors.New("the journal is corrupt")

const (
	fileName  = "journal"
	header    = 9        // length, checksum, kind
	maxRecord = 64 << 20 // a longer length is damage
	minGrowth = 16 << 20 // below this a rewrite is not worth it
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Journal is an open file of records. It may be used by many goroutines.
type Journal struct {
	path string

	mu    sync.Mutex
	file  *os.File
	out   *bufio.Writer
	size  int64 // bytes in the file and the buffer
	fresh int64 // size after the last rewrite
	err   error // the first one that writing met; nothing is written after it
}

// Open opens the journal in dir, creating both, and hands every record to replay, which must
// not keep the body.
func Open(dir string, replay func(kind byte, body []byte) error) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the journal: %w", err)
	}
	path := filepath.Join(dir, fileName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &Journal{path: path}
	if err := j.load(file, replay); err != nil {
		return nil, errors.Join(fmt.Errorf("read journal %s: %w", path, err), file.Close())
	}
	j.use(file)
	return j, nil
}

func (j *Journal) use(file *os.File) {
	j.file, j.out = file, bufio.NewWriterSize(file, 64<<10)
}

// load replays the file and cuts off what is incomplete.
func (j *Journal) load(file *os.File, replay func(byte, []byte) error) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(file, 256<<10)
	var body []byte
	for {
		kind, next, err := read(in, body, info.Size()-j.size)
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("record at byte %d: %w; move the file away to start empty", j.size, err)
		}
		if err := replay(kind, next); err != nil {
			return fmt.Errorf("record at byte %d: %w", j.size, err)
		}
		body = next
		j.size += int64(header + len(next))
	}
	if err := file.Truncate(j.size); err != nil {
		return err
	}
	_, err = file.Seek(j.size, io.SeekStart)
	return err
}

// read returns the next record; left is how much of the file remains.
func read(in *bufio.Reader, buf []byte, left int64) (kind byte, body []byte, err error) {
	var h [header]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return 0, nil, io.ErrUnexpectedEOF
	}
	n := int64(binary.LittleEndian.Uint32(h[:4]))
	if header+n > left || h == [header]byte{} {
		return 0, nil, io.ErrUnexpectedEOF
	}
	if n > maxRecord {
		return 0, nil, ErrCorrupt
	}
	if int64(cap(buf)) < n {
		buf = make([]byte, n)
	}
	body = buf[:n]
	if _, err := io.ReadFull(in, body); err != nil {
		return 0, nil, err
	}
	if checksum(h[8], body) != binary.LittleEndian.Uint32(h[4:8]) {
		if header+n == left {
			return 0, nil, io.ErrUnexpectedEOF
		}
		return 0, nil, ErrCorrupt
	}
	return h[8], body, nil
}

func checksum(kind byte, body []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, body)
}

// Append adds a record to the buffer. Flush reports what went wrong with it.
func (j *Journal) Append(kind byte, body []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.size += j.write(j.out, kind, body)
}

func (j *Journal) write(out io.Writer, kind byte, body []byte) int64 {
	if j.err != nil {
		return 0
	}
	var h [header]byte
	binary.LittleEndian.PutUint32(h[:4], uint32(len(body)))
	binary.LittleEndian.PutUint32(h[4:8], checksum(kind, body))
	h[8] = kind
	_, err1 := out.Write(h[:])
	_, err2 := out.Write(body)
	j.err = errors.Join(err1, err2)
	return int64(header + len(body))
}

// Flush hands everything appended to the operating system.
func (j *Journal) Flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.err = j.out.Flush()
	}
	return j.err
}

// Grown reports whether a rewrite would be worth its while.
func (j *Journal) Grown() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size > 4*j.fresh+minGrowth
}

// Close flushes to the disk and closes the file.
func (j *Journal) Close() error {
	err := j.Flush()
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(err, j.file.Sync(), j.file.Close())
}
