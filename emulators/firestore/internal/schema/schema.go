// Package schema owns the declared indexes of a database, as
// firestore.indexes.json has them.
//
// It promises to refuse a query that Firestore would refuse for want of an
// index, and to name the index to declare.
package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"

	"lastmile/emulators/firestore/internal/value"
)

// Scopes of an index.
const (
	collection      = "COLLECTION"
	collectionGroup = "COLLECTION_GROUP"
)

// The ways a field can be indexed.
const (
	ascending  = "ASCENDING"
	descending = "DESCENDING"
	contains   = "CONTAINS"
)

// Schema is a set of declared indexes. A nil Schema allows every query.
type Schema struct {
	composites []*composite // those of most fields first
	overrides  []override
}

// composite is a composite index, and whether a query has been answered by it.
type composite struct {
	index
	used atomic.Bool
}

// index is one of several fields or, in an override, of a single one.
type index struct {
	Group  string  `json:"collectionGroup,omitempty"`
	Scope  string  `json:"queryScope"`
	Fields []field `json:"fields,omitempty"`
	field
}

type field struct {
	Path  string `json:"fieldPath,omitempty"`
	Order string `json:"order,omitempty"`
	Array string `json:"arrayConfig,omitempty"`
}

// override replaces the automatic indexes of one field.
type override struct {
	Group   string  `json:"collectionGroup"`
	Path    string  `json:"fieldPath"`
	TTL     bool    `json:"ttl"`
	Indexes []index `json:"indexes"`
}

// Expiry is a field that says when documents of a collection group expire.
type Expiry struct {
	Group string
	Path  value.Path
}

// Parse reads firestore.indexes.json.
func Parse(text []byte) (*Schema, error) {
	var file struct {
		Indexes        []index    `json:"indexes"`
		FieldOverrides []override `json:"fieldOverrides"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("firestore.indexes.json: %w", err)
	}
	for i := range file.Indexes {
		if err := file.Indexes[i].complete(); err != nil {
			return nil, fmt.Errorf("firestore.indexes.json: indexes[%d]: %w", i, err)
		}
	}
	for i, o := range file.FieldOverrides {
		if o.Group == "" || o.Path == "" {
			return nil, fmt.Errorf("firestore.indexes.json: fieldOverrides[%d]: collectionGroup and fieldPath must be given", i)
		}
		for j := range o.Indexes {
			o.Indexes[j].scope()
		}
	}
	return &Schema{composites: longestFirst(file.Indexes), overrides: file.FieldOverrides}, nil
}

func longestFirst(indexes []index) []*composite {
	all := make([]*composite, len(indexes))
	for i, x := range indexes {
		all[i] = &composite{index: x}
	}
	slices.SortStableFunc(all, func(a, b *composite) int { return len(b.Fields) - len(a.Fields) })
	return all
}

// complete checks a composite index and fills in defaults.
func (x *index) complete() error {
	if x.Group == "" {
		return fmt.Errorf("collectionGroup must be given")
	}
	if len(x.Fields) == 0 {
		return fmt.Errorf("fields must not be empty")
	}
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Path == "" {
			return fmt.Errorf("fields[%d]: fieldPath must be given", i)
		}
		if f.Order == "" && f.Array == "" {
			f.Order = ascending
		}
		if f.Array != "" && f.Array != contains || f.Order != "" && f.Order != ascending && f.Order != descending {
			return fmt.Errorf("fields[%d]: order must be ASCENDING or DESCENDING, or arrayConfig CONTAINS", i)
		}
	}
	x.scope()
	x.dropName()
	return nil
}

func (x *index) scope() {
	if x.Scope == "" {
		x.Scope = collection
	}
}

// dropName removes a last __name__ that every index has anyway.
func (x *index) dropName() {
	last := len(x.Fields) - 1
	if last > 0 && x.Fields[last].Path == value.Name && x.Fields[last].Order == x.Fields[last-1].Order {
		x.Fields = x.Fields[:last]
	}
}

// Expiries lists the declared TTL fields.
func (s *Schema) Expiries() (expiries []Expiry, err error) {
	if s == nil {
		return nil, nil
	}
	for _, o := range s.overrides {
		if !o.TTL {
			continue
		}
		path, err := value.ParsePath(o.Path)
		if err != nil {
			return nil, fmt.Errorf("firestore.indexes.json: ttl field %q: %w", o.Path, err)
		}
		expiries = append(expiries, Expiry{o.Group, path})
	}
	return expiries, nil
}

// single tells whether field itself is indexed in the given way.
func (s *Schema) single(group, scope, path, way string) bool {
	for _, fallback := range []string{path, "*"} {
		i := slices.IndexFunc(s.overrides, func(o override) bool { return o.Group == group && o.Path == fallback })
		if i >= 0 {
			return slices.ContainsFunc(s.overrides[i].Indexes, func(x index) bool {
				return x.Scope == scope && (x.Order == way || x.Array == way)
			})
		}
	}
	return scope == collection
}
