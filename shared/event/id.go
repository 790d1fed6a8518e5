package event

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
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
// SHA-256 over the parts, each after its length).
func DeriveID(parts ...string) ID {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return ID(idEncoding.EncodeToString(h.Sum(nil)[:16]))
}
