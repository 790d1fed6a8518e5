// Package valuetest makes Firestore values for tests: by hand, and at random
// from few enough that random queries find something.
package valuetest

import (
	"math"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// Null is null.
func Null() *pb.Value { return &pb.Value{ValueType: &pb.Value_NullValue{}} }

// Bool is a boolean.
func Bool(b bool) *pb.Value { return &pb.Value{ValueType: &pb.Value_BooleanValue{BooleanValue: b}} }

// Int is an integer.
func Int(i int64) *pb.Value { return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: i}} }

// Double is a double.
func Double(f float64) *pb.Value { return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: f}} }

// Text is a string.
func Text(s string) *pb.Value { return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}} }

// Bytes is bytes.
func Bytes(b []byte) *pb.Value { return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: b}} }

// Reference is a reference to the document with a full name.
func Reference(full string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: full}}
}

// Time is a timestamp.
func Time(t *timestamppb.Timestamp) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: t}}
}

// Array is an array.
func Array(values ...*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
}

// Map is a map.
func Map(fields map[string]*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{Fields: fields}}}
}

// Any draws a value of any type.
func Any() *rapid.Generator[*pb.Value] {
	nested := rapid.Deferred(Any)
	return rapid.OneOf(
		Scalar(),
		rapid.Map(rapid.SliceOfN(Scalar(), 0, 3), func(v []*pb.Value) *pb.Value { return Array(v...) }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "a\x00", "é"}), nested, 0, 2), Map),
	)
}

// Scalar draws a value that is neither array nor map.
func Scalar() *rapid.Generator[*pb.Value] {
	return rapid.OneOf(
		rapid.Just(Null()),
		rapid.Map(rapid.Bool(), Bool),
		rapid.Map(rapid.SampledFrom([]int64{math.MinInt64, -1, 0, 1, 2, 1 << 53, 1<<53 + 1, math.MaxInt64}), Int),
		rapid.Map(rapid.Int64(), Int),
		rapid.Map(rapid.SampledFrom([]float64{math.NaN(), math.Inf(-1), -1, 0, 0.5, 1, 1 << 53, 1<<53 + 2, 1 << 63, math.Inf(1)}), Double),
		rapid.Map(rapid.Float64(), Double),
		rapid.Map(rapid.SampledFrom([]string{"", "a", "a\x00", "a\x00b", "ab", "b", "é", "\U0001F600"}), Text),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 3), Bytes),
		rapid.Map(rapid.SampledFrom([]string{"a/b", "a/b/c/d", "a/b c", "a/c"}), func(path string) *pb.Value {
			return Reference("projects/p/databases/d/documents/" + path)
		}),
		rapid.Custom(func(t *rapid.T) *pb.Value {
			return Time(&timestamppb.Timestamp{Seconds: rapid.Int64Range(-2, 2).Draw(t, "s"), Nanos: rapid.Int32Range(0, 2).Draw(t, "ns") * 1000})
		}),
		rapid.Custom(func(t *rapid.T) *pb.Value {
			return &pb.Value{ValueType: &pb.Value_GeoPointValue{GeoPointValue: &latlng.LatLng{
				Latitude: rapid.Float64Range(-90, 90).Draw(t, "lat"), Longitude: rapid.Float64Range(-1, 1).Draw(t, "lng")}}}
		}),
	)
}
