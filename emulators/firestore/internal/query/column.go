package query

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// Column is one part of an index's key. An empty Path is the document's name.
type Column struct {
	Path       value.Path
	Field      string
	Descending bool
	Contains   bool // one entry for each element of an array
}

// String writes the column as Firestore's explanations do.
func (c Column) String() string {
	field := c.Field
	if field == "" {
		field = value.Name
	}
	switch {
	case c.Contains:
		return field + " CONTAINS"
	case c.Descending:
		return field + " DESC"
	}
	return field + " ASC"
}

// Entries are the keys under which an index with columns lists a document.
func Entries(columns []Column, k name.Key, fields map[string]*pb.Value) []string {
	d := document{key: k, fields: fields}
	keys := [][]byte{nil}
	for _, c := range columns {
		if keys = c.extend(keys, &d); len(keys) == 0 {
			return nil
		}
	}
	entries := make([]string, len(keys))
	for i, key := range keys {
		entries[i] = string(key)
	}
	return entries
}

func (c Column) extend(keys [][]byte, d *document) [][]byte {
	if c.Contains {
		return c.extendElements(keys, d)
	}
	for i, key := range keys {
		extended, ok := d.encode(key, c.Path)
		if !ok {
			return nil
		}
		if c.Descending {
			value.Invert(extended[len(key):])
		}
		keys[i] = extended
	}
	return keys
}

// extendElements multiplies keys by the distinct elements of the array.
func (c Column) extendElements(keys [][]byte, d *document) (out [][]byte) {
	seen := map[string]bool{}
	for _, e := range c.Path.Get(d.fields).GetArrayValue().GetValues() {
		enc := value.Append(nil, e)
		if seen[string(enc)] {
			continue
		}
		seen[string(enc)] = true
		for _, key := range keys {
			out = append(out, append(slices.Clone(key), enc...))
		}
	}
	return out
}
