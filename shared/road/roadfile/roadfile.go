// Package roadfile keeps a prepared map in one file, and maps it into memory. It
// also reads the extracts that maps are made of.
//
// A file begins with a preamble of 40 bytes: a magic number, the version, the
// length of the table, the file's size, and a checksum of all that follows. The
// table tells, as JSON, where each array is. It promises that a file that is
// foreign, cut off, changed, or of another version is refused by name.
package roadfile

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"unsafe"

	"lastmile/shared/road"
	"lastmile/shared/road/hierarchy"
)

// Version is what this package writes, and reads.
const Version = 4

const (
	magic    = "LMROAD\r\n"
	preamble = 40
	align    = 64
	order    = 0x01020304 // as this machine has it
)

// What can be wrong with a file.
var (
	ErrForeign   = errors.New("no road file")
	ErrVersion   = errors.New("road file of another version; prepare it again with scripts/roadgraph")
	ErrTruncated = errors.New("road file is cut off")
	ErrChanged   = errors.New("road file is damaged")
)

// ErrReweighted is returned for a map that is not as it was prepared: traffic is
// for a day, and a file for longer.
var ErrReweighted = errors.New("map has other weights than it was prepared with")

// table tells where everything is.
type table struct {
	Info     road.Info
	Layout   road.Grid
	Sections []entry
}

type entry struct {
	Name string

	// Size is an element's, in bytes, and Count how many there are.
	Offset, Size, Count int64
}

var crc = crc32.MakeTable(crc32.Castagnoli)

// Write writes a map to a file, whole or not at all.
func Write(path string, m *road.Map) (err error) {
	if m.Reweighted() {
		return fmt.Errorf("write %s: %w", path, ErrReweighted)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".road-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	err = write(f, m)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func write(f *os.File, m *road.Map) error {
	t, sections := table{Info: m.Info, Layout: m.Layout()}, m.Sections()
	text, arrays, err := t.place(sections)
	if err != nil {
		return err
	}
	sum := crc32.New(crc)
	if _, err := f.Seek(preamble, io.SeekStart); err != nil {
		return err
	}
	out := io.MultiWriter(f, sum)
	at := int64(preamble)
	put := func(b []byte) error {
		n, err := out.Write(b)
		at += int64(n)
		return err
	}
	if err := put(text); err != nil {
		return err
	}
	for i, b := range arrays {
		if err := put(make([]byte, t.Sections[i].Offset-at)); err != nil {
			return err
		}
		if err := put(b); err != nil {
			return err
		}
	}
	_, err = f.WriteAt(head(len(text), at, sum.Sum32()), 0)
	return err
}

func head(table int, size int64, sum uint32) []byte {
	b := make([]byte, preamble)
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[8:], Version)
	binary.LittleEndian.PutUint32(b[12:], uint32(table))
	binary.LittleEndian.PutUint64(b[16:], uint64(size))
	binary.LittleEndian.PutUint32(b[24:], sum)
	binary.NativeEndian.PutUint32(b[28:], order)
	return b
}

// place gives every array its offset, and returns the table as it is written.
func (t *table) place(sections []road.Section) (text []byte, arrays [][]byte, err error) {
	for _, s := range sections {
		b, size := raw(s.Data)
		arrays = append(arrays, b)
		t.Sections = append(t.Sections, entry{Name: s.Name, Size: size, Count: int64(len(b)) / size})
	}
	// Offsets are padded so that writing them does not move them.
	const room = 1 << 13
	at := int64(room)
	for i := range t.Sections {
		t.Sections[i].Offset = at
		at += (int64(len(arrays[i])) + align - 1) / align * align
	}
	text, err = json.Marshal(t)
	if err == nil && len(text) > room-preamble {
		err = fmt.Errorf("table of %d bytes does not fit", len(text))
	}
	return text, arrays, err
}

// raw returns the bytes of the slice that data points to, and an element's size.
func raw(data any) (b []byte, size int64) {
	v := reflect.ValueOf(data).Elem()
	size = int64(v.Type().Elem().Size())
	if v.Len() == 0 {
		return nil, size
	}
	return unsafe.Slice((*byte)(v.UnsafePointer()), int64(v.Len())*size), size
}

// set makes the slice that data points to lie in b.
func set(data any, b []byte) {
	switch p := data.(type) {
	case *[]uint8:
		*p = b
	case *[]int32:
		*p = over[int32](b)
	case *[]uint32:
		*p = over[uint32](b)
	case *[]int64:
		*p = over[int64](b)
	case *[]hierarchy.Arc:
		*p = over[hierarchy.Arc](b)
	case *[]hierarchy.Way:
		*p = over[hierarchy.Way](b)
	default:
		panic(fmt.Sprintf("a section of %T", data))
	}
}

func over[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(*new(T))))
}
