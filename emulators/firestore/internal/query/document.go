package query

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// document is what filters and orders look at.
type document struct {
	key     name.Key
	fields  map[string]*pb.Value
	scratch []byte
}

// encode appends the value at path; ok is false if the field is missing.
func (d *document) encode(dst []byte, path value.Path) (_ []byte, ok bool) {
	if len(path) == 0 {
		return appendKey(dst, d.key), true
	}
	v := path.Get(d.fields)
	if v == nil {
		return dst, false
	}
	return value.Append(dst, v), true
}

// appendKey encodes a name so that none is a prefix of another.
func appendKey(dst []byte, k name.Key) []byte { return append(append(dst, k...), 0) }
