package docs

import (
	"encoding/json"
	"strings"
)

// Index is a composite index that a store's queries need. Stores declare theirs;
// what is declared nowhere is refused, locally as in production.
type Index struct {
	// Collection is the collection's id: the last part of its path.
	Collection string

	// Group makes it an index over all collections of that id, wherever they are.
	Group bool

	// Fields are in the order of the index. A leading minus is descending order,
	// trailing brackets are array membership: "shop", "-created", "entities[]".
	Fields []string
}

// MarshalJSON returns the index in the form of firestore.indexes.json, which
// gcloud, Firebase and the local Firestore read.
func (i Index) MarshalJSON() ([]byte, error) {
	type field struct {
		FieldPath   string `json:"fieldPath"`
		Order       string `json:"order,omitempty"`
		ArrayConfig string `json:"arrayConfig,omitempty"`
	}
	form := struct {
		CollectionGroup string  `json:"collectionGroup"`
		QueryScope      string  `json:"queryScope"`
		Fields          []field `json:"fields"`
	}{CollectionGroup: i.Collection, QueryScope: "COLLECTION"}
	if i.Group {
		form.QueryScope = "COLLECTION_GROUP"
	}
	for _, name := range i.Fields {
		f := field{FieldPath: name, Order: "ASCENDING"}
		if path, ok := strings.CutPrefix(name, "-"); ok {
			f = field{FieldPath: path, Order: "DESCENDING"}
		}
		if path, ok := strings.CutSuffix(name, "[]"); ok {
			f = field{FieldPath: path, ArrayConfig: "CONTAINS"}
		}
		form.Fields = append(form.Fields, f)
	}
	return json.Marshal(form)
}

// Expiry is a field after whose time Firestore deletes the document, within a
// day.
type Expiry struct{ Collection, Field string }

// Plain is a field that no query uses, and that therefore has no index: it
// saves writes, and lifts the bound of 500 writes a second on values that grow.
type Plain struct{ Collection, Field string }

// Expiries are those of the inbox, which this package owns.
func Expiries() []Expiry { return []Expiry{{Collection: "inbox", Field: "expires"}} }

// Plains are the fields of the inbox and the outbox that no query uses.
func Plains() []Plain {
	return []Plain{{Collection: "inbox", Field: "at"}, {Collection: "outbox", Field: "message"}}
}
