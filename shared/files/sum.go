package files

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// Sum is the CRC32C of content.
type Sum uint32

// castagnoli is the polynomial for which processors have an instruction.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// SumOf returns the sum of b.
func SumOf(b []byte) Sum { return Sum(crc32.Checksum(b, castagnoli)) }

// plus is the sum of content of sum s with b after it.
func (s Sum) plus(b []byte) Sum { return Sum(crc32.Update(uint32(s), castagnoli, b)) }

// String is the form that Google's and Amazon's APIs have: base64 of four bytes,
// the high one first.
func (s Sum) String() string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, uint32(s)))
}

// ParseSum is the inverse of [Sum.String].
func ParseSum(text string) (Sum, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) != 4 {
		return 0, fmt.Errorf("%q is not base64 of the four bytes of a CRC32C, the high one first", text)
	}
	return Sum(binary.BigEndian.Uint32(b)), nil
}

// sumAll reads r to its end.
func sumAll(r io.Reader, buf []byte) (sum Sum, n int64, err error) {
	for {
		m, err := r.Read(buf)
		sum, n = sum.plus(buf[:m]), n+int64(m)
		switch {
		case err == io.EOF:
			return sum, n, nil
		case err != nil:
			return sum, n, err
		}
	}
}
