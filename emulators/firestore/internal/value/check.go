package value

import (
	"cmp"
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxDepth is how deep maps and arrays may nest.
const maxDepth = 20

// Check refuses fields that Firestore would not store.
func Check(fields map[string]*pb.Value) error { return checkFields(fields, 1) }

func checkFields(fields map[string]*pb.Value, depth int) error {
	for k, v := range fields {
		if err := checkFieldName(k, fields); err != nil {
			return err
		}
		if err := check(k, v, depth); err != nil {
			return err
		}
	}
	return nil
}

func checkFieldName(k string, fields map[string]*pb.Value) error {
	switch {
	case k == "":
		return status.Error(codes.InvalidArgument, "The property.name is the empty string.")
	case len(k) > maxFieldPath:
		return status.Errorf(codes.InvalidArgument, "The property.name is longer than %d bytes.", maxFieldPath)
	case reserved(k) && vectorOf(fields) == nil:
		return status.Errorf(codes.InvalidArgument, "field name %s is reserved", k)
	}
	return nil
}

func reserved(name string) bool {
	return len(name) >= 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// check looks at one value. A map or array among a document's own fields has
// depth 1.
func check(field string, v *pb.Value, depth int) error {
	switch t := v.GetValueType().(type) {
	case nil:
		return status.Errorf(codes.InvalidArgument, "Property %s has no value.", field)
	case *pb.Value_MapValue:
		return cmp.Or(checkDepth(field, depth), checkFields(t.MapValue.GetFields(), depth+1))
	case *pb.Value_ArrayValue:
		return cmp.Or(checkDepth(field, depth), checkArray(field, t.ArrayValue.GetValues(), depth))
	case *pb.Value_GeoPointValue:
		return checkGeoPoint(field, t.GeoPointValue.GetLatitude(), t.GeoPointValue.GetLongitude())
	case *pb.Value_TimestampValue:
		return checkTimestamp(field, t)
	case *pb.Value_FieldReferenceValue, *pb.Value_VariableReferenceValue, *pb.Value_FunctionValue, *pb.Value_PipelineValue:
		return status.Errorf(codes.InvalidArgument, "Property %s holds an expression, which cannot be stored.", field)
	}
	return nil
}

func checkDepth(field string, depth int) error {
	if depth > maxDepth {
		return status.Errorf(codes.InvalidArgument, "Property %s contains an invalid nested entity: maps and arrays nest at most %d deep.", field, maxDepth)
	}
	return nil
}

func checkArray(field string, values []*pb.Value, depth int) error {
	for _, v := range values {
		if _, nested := v.GetValueType().(*pb.Value_ArrayValue); nested {
			return status.Error(codes.InvalidArgument, "Cannot convert an array value in an array value.")
		}
		if err := check(field, v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkGeoPoint(field string, lat, lng float64) error {
	if lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180 {
		return nil
	}
	return status.Errorf(codes.InvalidArgument, "Property %s is not a point on the globe: latitude %v, longitude %v.", field, lat, lng)
}

// checkTimestamp also cuts the timestamp to microseconds, as Firestore does.
func checkTimestamp(field string, v *pb.Value_TimestampValue) error {
	if err := v.TimestampValue.CheckValid(); err != nil {
		return status.Errorf(codes.InvalidArgument, "Property %s is not a valid timestamp: %v", field, err)
	}
	v.TimestampValue.Nanos -= v.TimestampValue.Nanos % int32(time.Microsecond)
	return nil
}
