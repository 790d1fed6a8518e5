package bulk

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// The limits of an input file, in bytes.
const (
	MaxFile = 512 << 20
	MaxLine = 16 << 10

	maxRanges = 10_000
	minRange  = 16 << 10
)

// Range is a part of a file from Start up to, but not including, End. It holds
// the lines that begin in it.
type Range struct{ Start, End int64 }

// Divide returns the ranges of a file: small enough for one commit, and at most
// 10,000.
func Divide(size int64) []Range {
	step := max(minRange, (size+maxRanges-1)/maxRanges)
	var all []Range
	for at := int64(0); at < size; at += step {
		all = append(all, Range{at, min(at+step, size)})
	}
	return all
}

// Span returns what to read of the file for the lines of r: a byte before it,
// which tells whether a line begins at Start, and the end of the last line.
func (r Range) Span() (offset, n int64) {
	offset = max(0, r.Start-1)
	return offset, r.End - offset + MaxLine
}

// ErrLongLine is the error of a line over [MaxLine].
var ErrLongLine = errors.New("line is longer than 16384 bytes")

// Lines calls f with every line of r that is not empty: where it begins, and its
// text, which is valid until f returns, or [ErrLongLine]. The reader is of the
// bytes that [Range.Span] names.
func (r Range) Lines(reader io.Reader, f func(offset int64, line []byte, err error)) error {
	in := bufio.NewReaderSize(reader, MaxLine)
	at, _ := r.Span()
	if r.Start > 0 {
		skipped, err := skipLine(in)
		at += skipped
		if err != nil {
			return ignoreEOF(err)
		}
	}
	for at < r.End {
		line, n, err := readLine(in)
		if text := bytes.TrimSpace(line); len(text) > 0 || errors.Is(err, ErrLongLine) {
			f(at, text, longOrNil(err))
		}
		at += n
		if err != nil && !errors.Is(err, ErrLongLine) {
			return ignoreEOF(err)
		}
	}
	return nil
}

// readLine returns the next line, and how many bytes it took from in.
func readLine(in *bufio.Reader) (line []byte, n int64, err error) {
	line, err = in.ReadSlice('\n')
	n = int64(len(line))
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, n, err
	}
	rest, err := skipLine(in)
	if err == nil || errors.Is(err, io.EOF) {
		err = ErrLongLine
	}
	return nil, n + rest, err
}

// skipLine reads up to the end of a line.
func skipLine(in *bufio.Reader) (n int64, err error) {
	for {
		part, err := in.ReadSlice('\n')
		n += int64(len(part))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

func longOrNil(err error) error {
	if errors.Is(err, ErrLongLine) {
		return err
	}
	return nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
