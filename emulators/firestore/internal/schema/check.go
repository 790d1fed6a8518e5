package schema

import (
	"encoding/json"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/value"
)

// Check refuses q if the declared indexes do not answer it while the fields in
// aggregated are summed up.
func (s *Schema) Check(q *query.Query, aggregated []string) error {
	if s == nil || q.Scope.Collection == "" {
		return nil
	}
	scope := collection
	if q.Scope.Descendants {
		scope = collectionGroup
	}
	for _, need := range q.Needs(aggregated) {
		n := want{group: q.Scope.Collection, scope: scope, Need: need}
		if missing := s.missing(n); missing != nil {
			return status.Errorf(codes.FailedPrecondition,
				"The query requires an index. Declare it in firestore.indexes.json: %s", missing)
		}
	}
	return nil
}

// want is a need in a place.
type want struct {
	group, scope string
	query.Need
}

// missing returns what to declare, nil if nothing is missing.
func (s *Schema) missing(w want) []byte {
	if answering := s.composed(w); answering != nil {
		for _, x := range answering {
			x.used.Store(true)
		}
		return nil
	}
	for _, f := range w.fields() {
		way := f.Order + f.Array
		if w.automatic() && !s.single(w.group, w.scope, f.Path, way) {
			return w.override(f)
		}
	}
	if w.automatic() {
		return nil
	}
	return encode(index{Group: w.group, Scope: w.scope, Fields: w.fields()})
}

// automatic tells whether indexes of single fields suffice.
func (w want) automatic() bool {
	if len(w.Orders) == 0 {
		return true
	}
	return len(w.Orders) == 1 && w.Orders[0].Field != "" && len(w.pins()) == 0
}

// composed returns the composite indexes that answer w, nil if none do: together
// they hold all its equalities, and each ends with all its orders. The fewer the
// better: the one that holds most equalities comes first.
func (s *Schema) composed(w want) (answering []*composite) {
	open := w.pins()
	for _, x := range s.composites {
		if x.Group != w.group || x.Scope != w.scope {
			continue
		}
		head, ok := w.usable(x.Fields)
		if left := without(open, head); ok && (len(left) < len(open) || len(w.pins()) == 0) {
			answering, open = append(answering, x), left
		}
		if ok && len(open) == 0 {
			return answering
		}
	}
	return nil
}

// without returns the fields that head does not have.
func without(fields, head []field) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool {
		return slices.ContainsFunc(head, func(h field) bool { return h.Path == f.Path && h.Array == f.Array })
	})
}

// usable returns the equality fields that an index with fields serves, if it
// ends with w's orders. Firestore reads no index backwards.
func (w want) usable(fields []field) (head []field, ok bool) {
	cut := len(fields) - len(w.Orders)
	if cut < 0 || !slices.EqualFunc(fields[cut:], w.Orders, sorts) {
		return nil, false
	}
	for _, f := range fields[:cut] {
		if f.Array == "" && !slices.Contains(w.Equal, f.Path) || f.Array != "" && !slices.Contains(w.Contains, f.Path) {
			return nil, false
		}
	}
	return fields[:cut], true
}

func sorts(f field, o query.Order) bool {
	return f.Path == orderPath(o) && f.Order == direction(o.Descending)
}

// pins are the columns that w holds to one value.
func (w want) pins() (fields []field) {
	for _, path := range w.Equal {
		fields = append(fields, field{Path: path, Order: ascending})
	}
	for _, path := range w.Contains {
		fields = append(fields, field{Path: path, Array: contains})
	}
	return fields
}

// fields are the columns of the index that answers w by itself.
func (w want) fields() []field {
	fields := w.pins()
	for _, o := range w.Orders {
		fields = append(fields, field{Path: orderPath(o), Order: direction(o.Descending)})
	}
	return fields
}

func orderPath(o query.Order) string {
	if o.Field == "" {
		return value.Name
	}
	return o.Field
}

func direction(desc bool) string {
	if desc {
		return descending
	}
	return ascending
}

// override is the declaration that indexes a single field in the way f wants.
func (w want) override(f field) []byte {
	way := index{Scope: w.scope, field: field{Order: f.Order, Array: f.Array}}
	return encode(map[string]any{"fieldOverrides": []any{
		map[string]any{"collectionGroup": w.group, "fieldPath": f.Path, "indexes": []index{way}},
	}})
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte(err.Error()) // strings always marshal
	}
	return text
}
