package value_test

import (
	"math"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/firestore/internal/value"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

func TestCheckRefusesWhatCannotBeStored(t *testing.T) {
	point := func(lat, lng float64) *pb.Value {
		return &pb.Value{ValueType: &pb.Value_GeoPointValue{GeoPointValue: &latlng.LatLng{Latitude: lat, Longitude: lng}}}
	}
	for message, fields := range map[string]map[string]*pb.Value{
		"property.name is the empty string":   {"": valuetest.Null()},
		"longer than 1500 bytes":              {strings.Repeat("x", 1501): valuetest.Null()},
		"field name __x__ is reserved":        {"m": valuetest.Map(map[string]*pb.Value{"__x__": valuetest.Null()})},
		"Property a has no value":             {"a": {}},
		"an array value in an array value":    {"a": valuetest.Array(valuetest.Array())},
		"Property a is not a point":           {"a": point(90.1, 0)},
		"Property b is not a point":           {"b": point(0, math.NaN())},
		"Property a is not a valid timestamp": {"a": valuetest.Time(&timestamppb.Timestamp{Nanos: -1})},
		"Property a holds an expression":      {"a": {ValueType: &pb.Value_FieldReferenceValue{FieldReferenceValue: "b"}}},
	} {
		err := value.Check(fields)
		require.Equal(t, codes.InvalidArgument, status.Code(err), message)
		require.ErrorContains(t, err, message)
	}
}

func TestCheckLetsArraysInMapsInArraysPass(t *testing.T) {
	require.NoError(t, value.Check(map[string]*pb.Value{
		"a": valuetest.Array(valuetest.Map(map[string]*pb.Value{"b": valuetest.Array(valuetest.Int(1))})),
	}))
}

func TestMaximumAndMinimum(t *testing.T) {
	max := func(v *pb.Value) *pb.DocumentTransform_FieldTransform {
		return &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_Maximum{Maximum: v}}
	}
	min := func(v *pb.Value) *pb.DocumentTransform_FieldTransform {
		return &pb.DocumentTransform_FieldTransform{TransformType: &pb.DocumentTransform_FieldTransform_Minimum{Minimum: v}}
	}
	for name, c := range map[string]struct {
		transform *pb.DocumentTransform_FieldTransform
		old, want *pb.Value
	}{
		"the greater wins":               {max(valuetest.Double(2.5)), valuetest.Int(2), valuetest.Double(2.5)},
		"the lesser wins":                {min(valuetest.Double(2.5)), valuetest.Int(2), valuetest.Int(2)},
		"of equals the stored one stays": {max(valuetest.Double(3)), valuetest.Int(3), valuetest.Int(3)},
		"NaN is the maximum of anything": {max(valuetest.Int(3)), valuetest.Double(math.NaN()), valuetest.Double(math.NaN())},
		"NaN is the minimum of anything": {min(valuetest.Double(math.NaN())), valuetest.Int(3), valuetest.Double(math.NaN())},
		"what is no number is replaced":  {max(valuetest.Int(3)), valuetest.Text("9"), valuetest.Int(3)},
		"a missing field is set":         {min(valuetest.Int(3)), nil, valuetest.Int(3)},
	} {
		stored, answer, err := value.Transform(c.transform, c.old, nil)
		require.NoError(t, err, name)
		require.Equal(t, c.want.String(), stored.String(), name)
		require.Equal(t, stored, answer, name)
	}
	_, _, err := value.Transform(max(valuetest.Text("3")), nil, nil)
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}
