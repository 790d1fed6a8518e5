package osm

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrFormat is returned for what is no PBF extract, or one that needs features
// that are not understood.
var ErrFormat = errors.New("no readable OpenStreetMap PBF")

// The format's own limits, in bytes.
const (
	maxHeader = 64 << 10
	maxBlob   = 32 << 20
)

// Read visits everything in an extract, in the order of the file.
func Read(r io.Reader, v Visitor) error {
	f := &reader{in: bufio.NewReaderSize(r, 1<<16)}
	for n := 0; ; n++ {
		kind, data, err := f.next()
		if err == io.EOF && n > 0 {
			return nil
		}
		if err == nil {
			err = visitBlob(kind, data, v)
		}
		if err != nil {
			return fmt.Errorf("block %d: %w", n, err)
		}
	}
}

func visitBlob(kind string, data []byte, v Visitor) error {
	switch kind {
	case "OSMHeader":
		return checkFeatures(data)
	case "OSMData":
		return visitBlock(data, v)
	}
	return nil // the format has others be skipped
}

// reader reads blobs.
type reader struct {
	in  *bufio.Reader
	out bytes.Buffer // the unpacked blob
}

// next returns the next blob, unpacked and valid until the next call; io.EOF at
// a clean end.
func (f *reader) next() (kind string, data []byte, err error) {
	var size [4]byte
	if _, err := io.ReadFull(f.in, size[:]); err != nil {
		if err == io.EOF {
			return "", nil, io.EOF
		}
		return "", nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	header, err := f.take(binary.BigEndian.Uint32(size[:]), maxHeader)
	if err != nil {
		return "", nil, err
	}
	var length uint64
	err = fields(header, func(n protowire.Number, value uint64, b []byte) error {
		switch n {
		case 1:
			kind = string(b)
		case 3:
			length = value
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	blob, err := f.take(uint32(min(length, maxBlob+1)), maxBlob)
	if err != nil {
		return "", nil, err
	}
	data, err = f.unpack(blob)
	return kind, data, err
}

// take reads n bytes, growing with what is there: a length that lies costs
// nothing.
func (f *reader) take(n, limit uint32) ([]byte, error) {
	if n > limit {
		return nil, fmt.Errorf("%w: %d bytes where at most %d are allowed", ErrFormat, n, limit)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, f.in, int64(n)); err != nil {
		return nil, fmt.Errorf("%w: cut off: %w", ErrFormat, err)
	}
	return b.Bytes(), nil
}

func (f *reader) unpack(blob []byte) (data []byte, err error) {
	var packed []byte
	err = fields(blob, func(n protowire.Number, _ uint64, b []byte) error {
		switch n {
		case 1:
			data = b
		case 3:
			packed = b
		case 4, 5, 6, 7:
			return fmt.Errorf("%w: packed by another method than zlib", ErrFormat)
		}
		return nil
	})
	if err != nil || packed == nil {
		return data, err
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	f.out.Reset()
	n, err := io.Copy(&f.out, io.LimitReader(z, maxBlob+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if n > maxBlob {
		return nil, fmt.Errorf("%w: a block over %d bytes", ErrFormat, maxBlob)
	}
	return f.out.Bytes(), nil
}

// checkFeatures refuses an extract that needs what is not understood.
func checkFeatures(header []byte) error {
	return fields(header, func(n protowire.Number, _ uint64, b []byte) error {
		if feature := string(b); n == 4 && feature != "OsmSchema-V0.6" && feature != "DenseNodes" {
			return fmt.Errorf("%w: it needs the feature %q", ErrFormat, feature)
		}
		return nil
	})
}

// fields calls f for every field of a message, with its number or its bytes.
func fields(b []byte, f func(n protowire.Number, value uint64, bytes []byte) error) error {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %w", ErrFormat, protowire.ParseError(n))
		}
		b = b[n:]
		var value uint64
		var content []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			content, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, kind, b)
		}
		if n < 0 {
			return fmt.Errorf("%w: %w", ErrFormat, protowire.ParseError(n))
		}
		b = b[n:]
		if err := f(num, value, content); err != nil {
			return err
		}
	}
	return nil
}
