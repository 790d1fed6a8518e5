package value

import (
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// DocumentSize is what Firestore counts for a document, in bytes.
func DocumentSize(full string, fields map[string]*pb.Value) int {
	return nameSize(full) + fieldsSize(fields) + 32
}

// nameSize counts the segments after ".../documents/".
func nameSize(full string) int {
	_, path, _ := strings.Cut(full, "/documents/")
	return len(path) + 1 + 16
}

func fieldsSize(fields map[string]*pb.Value) int {
	n := 0
	for k, v := range fields {
		n += len(k) + 1 + size(v)
	}
	return n
}

func size(v *pb.Value) int {
	switch t := v.GetValueType().(type) {
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue, *pb.Value_TimestampValue:
		return 8
	case *pb.Value_GeoPointValue:
		return 16
	case *pb.Value_StringValue:
		return len(t.StringValue) + 1
	case *pb.Value_BytesValue:
		return len(t.BytesValue)
	case *pb.Value_ReferenceValue:
		return nameSize(t.ReferenceValue)
	case *pb.Value_ArrayValue:
		n := 0
		for _, e := range t.ArrayValue.GetValues() {
			n += size(e)
		}
		return n
	case *pb.Value_MapValue:
		return fieldsSize(t.MapValue.GetFields())
	}
	return 1
}
