package store_test

import (
	"math"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/value"
)

// model answers a query by looking at every document, straight from the
// documentation and with nothing of the planner in it.
func model(docs map[string]*pb.Document, sq *pb.StructuredQuery) (result []*pb.Document) {
	orders := modelOrders(sq)
	for path, doc := range docs {
		if modelInScope(path, sq.From[0]) && modelMatches(sq.Where, doc) && modelOrdered(orders, doc) &&
			modelAfter(orders, sq.StartAt, doc) && !modelBeyond(orders, sq.EndAt, doc) {
			result = append(result, doc)
		}
	}
	slices.SortFunc(result, func(a, b *pb.Document) int { return modelCompare(orders, a, b) })
	result = result[min(int(sq.Offset), len(result)):]
	if sq.Limit != nil {
		result = result[:min(int(sq.Limit.Value), len(result))]
	}
	return result
}

func modelInScope(path string, from *pb.StructuredQuery_CollectionSelector) bool {
	parts := strings.Split(path, "/")
	return parts[len(parts)-2] == from.CollectionId && (from.AllDescendants || len(parts) == 2)
}

func modelField(doc *pb.Document, field string) *pb.Value {
	if field == "__name__" {
		return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: doc.Name}}
	}
	return doc.Fields[field]
}

func modelMatches(f *pb.StructuredQuery_Filter, doc *pb.Document) bool {
	if c := f.GetCompositeFilter(); c != nil {
		matches := func(f *pb.StructuredQuery_Filter) bool { return modelMatches(f, doc) }
		if c.Op == pb.StructuredQuery_CompositeFilter_OR {
			return slices.ContainsFunc(c.Filters, matches)
		}
		return !slices.ContainsFunc(c.Filters, func(f *pb.StructuredQuery_Filter) bool { return !matches(f) })
	}
	leaf := f.GetFieldFilter()
	if leaf == nil {
		return true
	}
	v := modelField(doc, leaf.Field.FieldPath)
	return v != nil && modelTest(leaf.Op, v, leaf.Value)
}

func modelTest(op pb.StructuredQuery_FieldFilter_Operator, v, operand *pb.Value) bool {
	same := func(w *pb.Value) bool { return value.Equal(v, w) }
	listed := operand.GetArrayValue().GetValues()
	switch op {
	case pb.StructuredQuery_FieldFilter_EQUAL:
		return same(operand)
	case pb.StructuredQuery_FieldFilter_NOT_EQUAL:
		return !modelIsNull(v) && !same(operand)
	case pb.StructuredQuery_FieldFilter_IN:
		return slices.ContainsFunc(listed, same)
	case pb.StructuredQuery_FieldFilter_NOT_IN:
		return !modelIsNull(v) && !slices.ContainsFunc(listed, modelIsNull) && !slices.ContainsFunc(listed, same)
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
		return modelHas(v, operand)
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
		return slices.ContainsFunc(listed, func(w *pb.Value) bool { return modelHas(v, w) })
	}
	if value.ClassOf(v) != value.ClassOf(operand) || math.IsNaN(v.GetDoubleValue()) {
		return false
	}
	c := value.Compare(v, operand)
	switch op {
	case pb.StructuredQuery_FieldFilter_LESS_THAN:
		return c < 0
	case pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL:
		return c <= 0
	case pb.StructuredQuery_FieldFilter_GREATER_THAN:
		return c > 0
	}
	return c >= 0
}

func modelIsNull(v *pb.Value) bool { return value.ClassOf(v) == value.Null }

func modelHas(v, element *pb.Value) bool {
	return slices.ContainsFunc(v.GetArrayValue().GetValues(), func(w *pb.Value) bool { return value.Equal(element, w) })
}

// modelOrders adds the implied orders: inequality fields, then the name.
func modelOrders(sq *pb.StructuredQuery) []*pb.StructuredQuery_Order {
	orders := slices.Clone(sq.OrderBy)
	direction := pb.StructuredQuery_ASCENDING
	if len(orders) > 0 {
		direction = orders[len(orders)-1].Direction
	}
	implied := modelInequalities(sq.Where)
	slices.Sort(implied)
	for _, field := range append(implied, "__name__") {
		if !slices.ContainsFunc(orders, func(o *pb.StructuredQuery_Order) bool { return o.Field.FieldPath == field }) {
			orders = append(orders, &pb.StructuredQuery_Order{Field: reference(field), Direction: direction})
		}
	}
	return orders
}

func modelInequalities(f *pb.StructuredQuery_Filter) (fields []string) {
	for _, kid := range f.GetCompositeFilter().GetFilters() {
		fields = append(fields, modelInequalities(kid)...)
	}
	leaf := f.GetFieldFilter()
	switch leaf.GetOp() {
	case pb.StructuredQuery_FieldFilter_LESS_THAN, pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL,
		pb.StructuredQuery_FieldFilter_GREATER_THAN, pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL,
		pb.StructuredQuery_FieldFilter_NOT_EQUAL, pb.StructuredQuery_FieldFilter_NOT_IN:
		if leaf.Field.FieldPath != "__name__" {
			fields = append(fields, leaf.Field.FieldPath)
		}
	}
	return fields
}

// modelOrdered tells whether doc has every field that it is ordered by, up to
// the name.
func modelOrdered(orders []*pb.StructuredQuery_Order, doc *pb.Document) bool {
	for _, o := range orders {
		if o.Field.FieldPath == "__name__" {
			return true
		}
		if modelField(doc, o.Field.FieldPath) == nil {
			return false
		}
	}
	return true
}

func modelCompare(orders []*pb.StructuredQuery_Order, a, b *pb.Document) int {
	for _, o := range orders {
		if c := modelDirected(o, modelField(a, o.Field.FieldPath), modelField(b, o.Field.FieldPath)); c != 0 {
			return c
		}
	}
	return 0
}

func modelDirected(o *pb.StructuredQuery_Order, a, b *pb.Value) int {
	c := value.Compare(a, b)
	if o.Direction == pb.StructuredQuery_DESCENDING {
		return -c
	}
	return c
}

// modelPosition compares doc with a cursor.
func modelPosition(orders []*pb.StructuredQuery_Order, c *pb.Cursor, doc *pb.Document) int {
	for i, v := range c.Values {
		if d := modelDirected(orders[i], modelField(doc, orders[i].Field.FieldPath), v); d != 0 {
			return d
		}
	}
	return 0
}

func modelAfter(orders []*pb.StructuredQuery_Order, c *pb.Cursor, doc *pb.Document) bool {
	if c == nil {
		return true
	}
	p := modelPosition(orders, c, doc)
	return p > 0 || p == 0 && c.Before
}

func modelBeyond(orders []*pb.StructuredQuery_Order, c *pb.Cursor, doc *pb.Document) bool {
	return c != nil && modelAfter(orders, c, doc)
}
