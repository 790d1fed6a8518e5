package value

import (
	"bytes"
	"maps"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// Identical tells whether two documents hold exactly the same; 1 is not 1.0.
func Identical(a, b map[string]*pb.Value) bool { return maps.EqualFunc(a, b, identical) }

func identical(a, b *pb.Value) bool {
	switch x := a.GetValueType().(type) {
	case *pb.Value_StringValue:
		y, ok := b.GetValueType().(*pb.Value_StringValue)
		return ok && x.StringValue == y.StringValue
	case *pb.Value_BytesValue:
		y, ok := b.GetValueType().(*pb.Value_BytesValue)
		return ok && bytes.Equal(x.BytesValue, y.BytesValue)
	case *pb.Value_MapValue:
		y, ok := b.GetValueType().(*pb.Value_MapValue)
		return ok && Identical(x.MapValue.GetFields(), y.MapValue.GetFields())
	case *pb.Value_ArrayValue:
		y, ok := b.GetValueType().(*pb.Value_ArrayValue)
		return ok && slices.EqualFunc(x.ArrayValue.GetValues(), y.ArrayValue.GetValues(), identical)
	}
	return isInteger(a) == isInteger(b) && Equal(a, b)
}

func isInteger(v *pb.Value) bool {
	_, ok := v.GetValueType().(*pb.Value_IntegerValue)
	return ok
}
