package roadfile

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"syscall"

	"lastmile/shared/road"
)

// File is a map that lies in a mapped file.
type File struct {
	// Map must not be used after Close.
	Map *road.Map

	// Sum is the file's checksum: two files of the same sum hold the same map.
	Sum uint32

	mapped []byte
}

// Open maps a file. The checksum is read through a small buffer, so that only
// what is asked for becomes resident.
func Open(path string) (*File, error) {
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return f, nil
}

func open(path string) (_ *File, err error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	stat, err := in.Stat()
	if err != nil {
		return nil, err
	}
	h, err := readHead(in, stat.Size())
	if err != nil {
		return nil, err
	}
	b, err := syscall.Mmap(int(in.Fd()), 0, int(stat.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	m, err := parse(b[:h.size], h.table)
	if err != nil {
		_ = syscall.Munmap(b)
		return nil, err
	}
	return &File{Map: m, Sum: h.sum, mapped: b}, nil
}

// Close unmaps the file.
func (f *File) Close() error {
	if err := syscall.Munmap(f.mapped); err != nil {
		return fmt.Errorf("unmap road file: %w", err)
	}
	return nil
}

type header struct {
	table, size int64
	sum         uint32
}

// readHead reads the preamble and checks all that follows against it.
func readHead(in io.ReadSeeker, size int64) (h header, err error) {
	var b [preamble]byte
	if _, err := io.ReadFull(in, b[:]); err != nil || string(b[:8]) != magic {
		return h, ErrForeign
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != Version || binary.NativeEndian.Uint32(b[28:]) != order {
		return h, fmt.Errorf("%w: it has %d, this program reads %d", ErrVersion, v, Version)
	}
	h = header{int64(binary.LittleEndian.Uint32(b[12:])), int64(binary.LittleEndian.Uint64(b[16:])), binary.LittleEndian.Uint32(b[24:])}
	switch {
	case h.size > size:
		return h, fmt.Errorf("%w: %d of %d bytes", ErrTruncated, size, h.size)
	case h.size != size || preamble+h.table > size:
		return h, fmt.Errorf("%w: its size is not the one it tells", ErrChanged)
	}
	sum := crc32.New(crc)
	if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{in}, make([]byte, 1<<18)); err != nil {
		return h, err
	}
	if sum.Sum32() != h.sum {
		return h, fmt.Errorf("%w: its checksum is wrong", ErrChanged)
	}
	return h, nil
}

// parse lays a map over the bytes of a file.
func parse(b []byte, tableSize int64) (*road.Map, error) {
	var t table
	if err := json.Unmarshal(b[preamble:preamble+tableSize], &t); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	at := make(map[string]entry, len(t.Sections))
	for _, e := range t.Sections {
		at[e.Name] = e
	}
	m := road.Blank(t.Info, t.Layout)
	for _, s := range m.Sections() {
		e, ok := at[s.Name]
		_, size := raw(s.Data)
		if !ok || e.Size != size || e.Offset%align != 0 || e.Offset < 0 || e.Count < 0 || e.Count > int64(len(b))/size || e.Offset > int64(len(b))-e.Count*size {
			return nil, fmt.Errorf("%w: section %q", ErrChanged, s.Name)
		}
		set(s.Data, b[e.Offset:e.Offset+e.Count*size])
	}
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	return m, nil
}
