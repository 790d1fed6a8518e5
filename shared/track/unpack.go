package track

import (
	"encoding/binary"
	"fmt"
)

// unpacker reads a packed form. After its first error it reads zeros.
type unpacker struct {
	rest []byte
	err  error
}

func (u *unpacker) fail(what string) {
	if u.err == nil {
		u.err = fmt.Errorf("%w: %s", ErrPacked, what)
	}
	u.rest = nil
}

func (u *unpacker) version(want byte) {
	if len(u.rest) == 0 || u.rest[0] != want {
		u.fail("unknown version")
		return
	}
	u.rest = u.rest[1:]
}

// next reads an unsigned varint.
func (u *unpacker) next() uint64 {
	x, n := binary.Uvarint(u.rest)
	return advance(u, x, n)
}

// signed reads a zig-zag varint.
func (u *unpacker) signed() int64 {
	x, n := binary.Varint(u.rest)
	return advance(u, x, n)
}

func advance[T uint64 | int64](u *unpacker, x T, n int) T {
	if n <= 0 {
		u.fail("cut short")
		return 0
	}
	u.rest = u.rest[n:]
	return x
}

// count reads a number of things that are at least a byte each.
func (u *unpacker) count() int {
	n := u.next()
	if n > uint64(len(u.rest)) {
		u.fail("more announced than there is")
		return 0
	}
	return int(n)
}

// text reads a length and so many bytes.
func (u *unpacker) text() string {
	n := u.count()
	s := string(u.rest[:n])
	u.rest = u.rest[n:]
	return s
}
