package value

import (
	"math"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Transform computes what t makes of old (nil if the field is missing):
// the value to store and the value to answer.
func Transform(t *pb.DocumentTransform_FieldTransform, old *pb.Value, now *timestamppb.Timestamp) (stored, answer *pb.Value, err error) {
	switch t := t.GetTransformType().(type) {
	case *pb.DocumentTransform_FieldTransform_SetToServerValue:
		if t.SetToServerValue != pb.DocumentTransform_FieldTransform_REQUEST_TIME {
			return nil, nil, status.Error(codes.InvalidArgument, "A server value must be REQUEST_TIME.")
		}
		v := &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: now}}
		return v, v, nil
	case *pb.DocumentTransform_FieldTransform_Increment:
		return arithmetic(old, t.Increment, "increment", add)
	case *pb.DocumentTransform_FieldTransform_Maximum:
		return arithmetic(old, t.Maximum, "maximum", func(a, b *pb.Value) *pb.Value { return extreme(a, b, 1) })
	case *pb.DocumentTransform_FieldTransform_Minimum:
		return arithmetic(old, t.Minimum, "minimum", func(a, b *pb.Value) *pb.Value { return extreme(a, b, -1) })
	case *pb.DocumentTransform_FieldTransform_AppendMissingElements:
		return array(union(old.GetArrayValue().GetValues(), t.AppendMissingElements.GetValues())), nullValue(), nil
	case *pb.DocumentTransform_FieldTransform_RemoveAllFromArray:
		return array(without(old.GetArrayValue().GetValues(), t.RemoveAllFromArray.GetValues())), nullValue(), nil
	}
	return nil, nil, status.Error(codes.InvalidArgument, "A field transform must name what to do.")
}

// arithmetic applies op if old is a number; anything else is replaced.
func arithmetic(old, operand *pb.Value, what string, op func(a, b *pb.Value) *pb.Value) (stored, answer *pb.Value, err error) {
	if !isNumber(operand) {
		return nil, nil, status.Errorf(codes.InvalidArgument, "The operand of %s must be an integer or a double.", what)
	}
	v := operand
	if isNumber(old) {
		v = op(old, operand)
	}
	return v, v, nil
}

// add saturates integers instead of wrapping them.
func add(a, b *pb.Value) *pb.Value {
	x, xInt := a.GetValueType().(*pb.Value_IntegerValue)
	y, yInt := b.GetValueType().(*pb.Value_IntegerValue)
	if !xInt || !yInt {
		return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: float(a) + float(b)}}
	}
	sum := x.IntegerValue + y.IntegerValue
	switch {
	case x.IntegerValue > 0 && y.IntegerValue > 0 && sum < 0:
		sum = math.MaxInt64
	case x.IntegerValue < 0 && y.IntegerValue < 0 && sum >= 0:
		sum = math.MinInt64
	}
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: sum}}
}

// extreme picks the greater (sign 1) or lesser (-1); NaN wins over numbers.
func extreme(a, b *pb.Value, sign int) *pb.Value {
	if math.IsNaN(float(a)) {
		return a
	}
	if math.IsNaN(float(b)) || Compare(b, a)*sign > 0 {
		return b
	}
	return a
}

func union(have, add []*pb.Value) []*pb.Value {
	out := slices.Clone(have)
	for _, v := range add {
		if !contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func without(have, drop []*pb.Value) []*pb.Value {
	var out []*pb.Value
	for _, v := range have {
		if !contains(drop, v) {
			out = append(out, v)
		}
	}
	return out
}

func contains(values []*pb.Value, v *pb.Value) bool {
	return slices.ContainsFunc(values, func(w *pb.Value) bool { return Equal(v, w) })
}

func isNumber(v *pb.Value) bool { return v != nil && ClassOf(v) == Number }

// float is a number as a double, integers rounded.
func float(v *pb.Value) float64 {
	if i, ok := v.GetValueType().(*pb.Value_IntegerValue); ok {
		return float64(i.IntegerValue)
	}
	return v.GetDoubleValue()
}

func array(values []*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
}

func nullValue() *pb.Value { return &pb.Value{ValueType: &pb.Value_NullValue{}} }
