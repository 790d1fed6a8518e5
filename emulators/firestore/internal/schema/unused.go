package schema

import "strings"

// Unused lists the declared composite indexes that no query has been answered by,
// as "orders (shop ASCENDING, placedAt DESCENDING)".
func (s *Schema) Unused() (unused []string) {
	if s == nil {
		return nil
	}
	for _, x := range s.composites {
		if !x.used.Load() {
			unused = append(unused, x.String())
		}
	}
	return unused
}

// String writes an index as people do.
func (x index) String() string {
	fields := make([]string, len(x.Fields))
	for i, f := range x.Fields {
		fields[i] = f.Path + " " + f.Order + f.Array
	}
	return x.Group + " (" + strings.Join(fields, ", ") + ")"
}
