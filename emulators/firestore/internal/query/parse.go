package query

import (
	"bytes"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// parser reads the parts of a query to one database.
type parser struct{ database string }

var operators = map[pb.StructuredQuery_FieldFilter_Operator]op{
	pb.StructuredQuery_FieldFilter_EQUAL:                 equal,
	pb.StructuredQuery_FieldFilter_NOT_EQUAL:             notEqual,
	pb.StructuredQuery_FieldFilter_LESS_THAN:             less,
	pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL:    lessOrEqual,
	pb.StructuredQuery_FieldFilter_GREATER_THAN:          greater,
	pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL: greaterOrEqual,
	pb.StructuredQuery_FieldFilter_IN:                    in,
	pb.StructuredQuery_FieldFilter_NOT_IN:                notIn,
	pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:        contains,
	pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:    containsAny,
}

func (p parser) filter(f *pb.StructuredQuery_Filter) (*filter, error) {
	switch t := f.GetFilterType().(type) {
	case nil:
		return nil, nil
	case *pb.StructuredQuery_Filter_CompositeFilter:
		return p.composite(t.CompositeFilter)
	case *pb.StructuredQuery_Filter_UnaryFilter:
		return p.unary(t.UnaryFilter)
	case *pb.StructuredQuery_Filter_FieldFilter:
		return p.field(t.FieldFilter)
	}
	return nil, status.Error(codes.InvalidArgument, "Unknown filter.")
}

func (p parser) composite(c *pb.StructuredQuery_CompositeFilter) (*filter, error) {
	f := &filter{op: and}
	switch c.GetOp() {
	case pb.StructuredQuery_CompositeFilter_AND:
	case pb.StructuredQuery_CompositeFilter_OR:
		f.op = or
	default:
		return nil, status.Error(codes.InvalidArgument, "A composite filter must be AND or OR.")
	}
	for _, kid := range c.GetFilters() {
		k, err := p.filter(kid)
		if err != nil {
			return nil, err
		}
		if k == nil {
			return nil, status.Error(codes.InvalidArgument, "A composite filter holds an empty filter.")
		}
		f.kids = append(f.kids, k)
	}
	if len(f.kids) == 0 {
		return nil, status.Error(codes.InvalidArgument, "A composite filter must hold at least one filter.")
	}
	return f, nil
}

func (p parser) unary(u *pb.StructuredQuery_UnaryFilter) (*filter, error) {
	path, err := p.path(u.GetField().GetFieldPath())
	if err != nil {
		return nil, err
	}
	switch u.GetOp() {
	case pb.StructuredQuery_UnaryFilter_IS_NULL:
		return &filter{op: equal, path: path, operands: [][]byte{null}}, nil
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NULL:
		return &filter{op: notEqual, path: path, operands: [][]byte{null}}, nil
	case pb.StructuredQuery_UnaryFilter_IS_NAN:
		return &filter{op: equal, path: path, operands: [][]byte{nan}}, nil
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NAN:
		return &filter{op: notEqual, path: path, operands: [][]byte{nan}}, nil
	}
	return nil, status.Error(codes.InvalidArgument, "Unknown unary operator.")
}

func (p parser) field(ff *pb.StructuredQuery_FieldFilter) (*filter, error) {
	path, err := p.path(ff.GetField().GetFieldPath())
	if err != nil {
		return nil, err
	}
	operator, ok := operators[ff.GetOp()]
	if !ok {
		return nil, status.Errorf(codes.InvalidArgument, "Unknown operator for field %s.", path)
	}
	f := &filter{op: operator, path: path}
	f.operands, err = p.operands(path, ff.GetOp(), ff.GetValue())
	return f, err
}

func (p parser) operands(path value.Path, operator pb.StructuredQuery_FieldFilter_Operator, v *pb.Value) ([][]byte, error) {
	limit, listed := operandLimits[operator]
	if !listed {
		enc, err := p.operand(path, v)
		return [][]byte{enc}, err
	}
	values := v.GetArrayValue().GetValues()
	if len(values) == 0 {
		return nil, status.Errorf(codes.InvalidArgument, "'%s' requires an non-empty ArrayValue.", operator)
	}
	if len(values) > limit {
		return nil, status.Errorf(codes.InvalidArgument, "'%s' supports up to %d comparison values.", operator, limit)
	}
	var operands [][]byte
	for _, v := range values {
		enc, err := p.operand(path, v)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(operands, func(o []byte) bool { return bytes.Equal(o, enc) }) {
			operands = append(operands, enc)
		}
	}
	return operands, nil
}

// operand encodes v for a comparison with the field at path.
func (p parser) operand(path value.Path, v *pb.Value) ([]byte, error) {
	if len(path) > 0 {
		return value.Append(nil, v), nil
	}
	ref, ok := v.GetValueType().(*pb.Value_ReferenceValue)
	if !ok {
		return nil, status.Errorf(codes.InvalidArgument, "__key__ filter value must be a Key")
	}
	database, key, err := name.Document(ref.ReferenceValue)
	if err != nil {
		return nil, err
	}
	if database != p.database {
		return nil, status.Errorf(codes.InvalidArgument, "The reference %q is to another database.", ref.ReferenceValue)
	}
	return appendKey(nil, key), nil
}

// path reads a field path; the document's name is the empty path.
func (p parser) path(s string) (value.Path, error) {
	if s == value.Name {
		return nil, nil
	}
	return value.ParsePath(s)
}
