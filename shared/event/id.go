package event

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// ID identifies an event: 26 lower-case letters and digits for those made
// here, at most [MaxID] bytes for those that others publish.
type ID string

// MaxID bounds the length of an ID, in bytes.
const MaxID = 128

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns a random ID.
func NewID() ID {
	var b [16]byte
	rand.Read(b[:])
	return ID(idEncoding.EncodeToString(b[:]))
}

// DeriveID returns the ID of the event with this cause: the same parts always
// give the same ID, and different parts give different ones (128 bits of
// SHA-256 over the parts, separated by NUL).
func DeriveID(parts ...string) ID {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return ID(idEncoding.EncodeToString(sum[:16]))
}
