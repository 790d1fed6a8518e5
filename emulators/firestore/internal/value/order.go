// Package value owns Firestore's values: their order, their paths inside a
// document, their size and limits, and the transforms that change them.
//
// The order is defined once, by [Append]: two values compare as their
// encodings compare, byte by byte, across all types. Indexes store these
// encodings, so a query is a range of bytes.
package value

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Class is a value's type as far as order is concerned: integers and doubles
// are of one class. It is the first byte of a value's encoding.
type Class byte

// The classes, in Firestore's order.
const (
	Null Class = 0x10 + iota*8
	Bool
	Number
	Timestamp
	String
	Bytes
	Reference
	GeoPoint
	Array
	Vector
	Map
)

// Marks inside the encodings of arrays and maps; less than any class.
const (
	end  = 0x00
	more = 0x01
)

// Append appends the encoding of v, which is self-terminating: no encoding is
// a prefix of another.
func Append(dst []byte, v *pb.Value) []byte {
	switch v := v.GetValueType().(type) {
	case *pb.Value_BooleanValue:
		if v.BooleanValue {
			return append(dst, byte(Bool), 1)
		}
		return append(dst, byte(Bool), 0)
	case *pb.Value_IntegerValue:
		return appendInt(append(dst, byte(Number)), v.IntegerValue)
	case *pb.Value_DoubleValue:
		return append(appendFloat(append(dst, byte(Number)), v.DoubleValue), 0, 0)
	case *pb.Value_TimestampValue:
		return appendTimestamp(append(dst, byte(Timestamp)), v.TimestampValue)
	case *pb.Value_StringValue:
		return appendText(append(dst, byte(String)), v.StringValue)
	case *pb.Value_BytesValue:
		return appendText(append(dst, byte(Bytes)), string(v.BytesValue))
	case *pb.Value_ReferenceValue:
		return appendReference(append(dst, byte(Reference)), v.ReferenceValue)
	case *pb.Value_GeoPointValue:
		dst = appendFloat(append(dst, byte(GeoPoint)), v.GeoPointValue.GetLatitude())
		return appendFloat(dst, v.GeoPointValue.GetLongitude())
	case *pb.Value_ArrayValue:
		return appendArray(append(dst, byte(Array)), v.ArrayValue.GetValues())
	case *pb.Value_MapValue:
		return appendMap(dst, v.MapValue.GetFields())
	}
	return append(dst, byte(Null))
}

// Invert flips every bit, which turns ascending encodings into descending ones.
func Invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// Compare orders two values.
func Compare(a, b *pb.Value) int { return bytes.Compare(Append(nil, a), Append(nil, b)) }

// Equal tells whether two values are equal for a query; 1 equals 1.0.
func Equal(a, b *pb.Value) bool { return Compare(a, b) == 0 }

// ClassOf is the class of v.
func ClassOf(v *pb.Value) Class { return Class(Append(make([]byte, 0, 64), v)[0]) }

// appendInt writes the greatest double that is not above i, then what is left:
// exact where doubles are not.
func appendInt(dst []byte, i int64) []byte {
	f := float64(i)
	if f >= 1<<63 || int64(f) > i {
		f = math.Nextafter(f, math.Inf(-1))
	}
	return binary.BigEndian.AppendUint16(appendFloat(dst, f), uint16(i-int64(f)))
}

// appendFloat sorts NaN first and takes -0 for 0.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) {
		return binary.BigEndian.AppendUint64(dst, 0)
	}
	bits := math.Float64bits(f + 0) // -0 + 0 is 0
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

func appendTimestamp(dst []byte, t *timestamppb.Timestamp) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(t.GetSeconds())^1<<63)
	return binary.BigEndian.AppendUint32(dst, uint32(t.GetNanos()))
}

// appendText ends with two zero bytes and escapes zero bytes inside.
func appendText(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(append(dst, s...), 0, 0)
		}
		dst = append(append(dst, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
}

// appendReference compares segment by segment.
func appendReference(dst []byte, ref string) []byte {
	for i := range len(ref) {
		switch ref[i] {
		case '/':
			dst = append(dst, 0, 1)
		case 0:
			dst = append(dst, 0, 0xff)
		default:
			dst = append(dst, ref[i])
		}
	}
	return append(dst, 0, 0)
}

func appendArray(dst []byte, values []*pb.Value) []byte {
	for _, v := range values {
		dst = Append(dst, v)
	}
	return append(dst, end)
}

func appendMap(dst []byte, fields map[string]*pb.Value) []byte {
	if vector := vectorOf(fields); vector != nil {
		dst = binary.BigEndian.AppendUint32(append(dst, byte(Vector)), uint32(len(vector.Values)))
		return appendArray(dst, vector.Values)
	}
	dst = append(dst, byte(Map))
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		dst = Append(appendText(append(dst, more), k), fields[k])
	}
	return append(dst, end)
}

// vectorOf returns the elements of a map that stands for a vector, else nil.
func vectorOf(fields map[string]*pb.Value) *pb.ArrayValue {
	if len(fields) != 2 || fields["__type__"].GetStringValue() != "__vector__" {
		return nil
	}
	return fields["value"].GetArrayValue()
}
