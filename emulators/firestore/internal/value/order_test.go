package value_test

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/firestore/internal/value"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

func TestOrderIsWhatTheDocumentationSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := valuetest.Any().Draw(t, "a"), valuetest.Any().Draw(t, "b")
		require.Equal(t, naive(a, b), value.Compare(a, b))
	})
}

func TestOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(valuetest.Any(), 3, 3).Draw(t, "values")
		slices.SortFunc(v, value.Compare)
		require.LessOrEqual(t, value.Compare(v[0], v[2]), 0)
		require.Equal(t, -value.Compare(v[0], v[1]), value.Compare(v[1], v[0]))
		require.Zero(t, value.Compare(v[0], v[0]))
	})
}

func TestNoEncodingIsAPrefixOfAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := valuetest.Any().Draw(t, "a"), valuetest.Any().Draw(t, "b")
		if value.Compare(a, b) != 0 {
			require.False(t, bytes.HasPrefix(value.Append(nil, a), value.Append(nil, b)))
		}
	})
}

func TestOrderAcrossTypes(t *testing.T) {
	values := []*pb.Value{
		valuetest.Null(), valuetest.Bool(false), valuetest.Bool(true),
		valuetest.Double(math.NaN()), valuetest.Double(math.Inf(-1)), valuetest.Int(math.MinInt64),
		valuetest.Int(0), valuetest.Int(1 << 53), valuetest.Int(1<<53 + 1), valuetest.Double(1<<53 + 2),
		valuetest.Int(math.MaxInt64), valuetest.Double(1 << 63), valuetest.Double(math.Inf(1)),
		valuetest.Text(""), valuetest.Text("a"), valuetest.Text("a\x00"), valuetest.Text("aa"),
		valuetest.Reference("projects/p/databases/d/documents/a/b"), valuetest.Reference("projects/p/databases/d/documents/a/b/c/d"),
		valuetest.Reference("projects/p/databases/d/documents/a/b c"),
		valuetest.Array(), valuetest.Array(valuetest.Int(1)), valuetest.Array(valuetest.Int(1), valuetest.Null()),
		valuetest.Map(nil), valuetest.Map(map[string]*pb.Value{"a": valuetest.Int(1)}),
	}
	for i := range values[1:] {
		require.Negative(t, value.Compare(values[i], values[i+1]), "%v, %v", values[i], values[i+1])
	}
	require.True(t, value.Equal(valuetest.Int(1), valuetest.Double(1)))
	require.True(t, value.Equal(valuetest.Double(math.Copysign(0, -1)), valuetest.Double(0)))
}

// naive compares without encodings.
func naive(a, b *pb.Value) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch x := a.GetValueType().(type) {
	case *pb.Value_BooleanValue:
		return bytes.Compare(value.Append(nil, a), value.Append(nil, b))
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return naiveNumbers(a, b)
	case *pb.Value_TimestampValue:
		return x.TimestampValue.AsTime().Compare(b.GetTimestampValue().AsTime())
	case *pb.Value_StringValue:
		return strings.Compare(x.StringValue, b.GetStringValue())
	case *pb.Value_BytesValue:
		return bytes.Compare(x.BytesValue, b.GetBytesValue())
	case *pb.Value_ReferenceValue:
		return slices.Compare(strings.Split(x.ReferenceValue, "/"), strings.Split(b.GetReferenceValue(), "/"))
	case *pb.Value_GeoPointValue:
		return cmp.Or(cmp.Compare(x.GeoPointValue.Latitude, b.GetGeoPointValue().Latitude),
			cmp.Compare(x.GeoPointValue.Longitude, b.GetGeoPointValue().Longitude))
	case *pb.Value_ArrayValue:
		return slices.CompareFunc(x.ArrayValue.Values, b.GetArrayValue().Values, naive)
	case *pb.Value_MapValue:
		return naiveMaps(x.MapValue.Fields, b.GetMapValue().Fields)
	}
	return 0
}

func naiveNumbers(a, b *pb.Value) int {
	x, y := exact(a), exact(b)
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return -1
	case y == nil:
		return 1
	}
	return x.Cmp(y)
}

// exact is a number without rounding; nil for NaN.
func exact(v *pb.Value) *big.Float {
	if i, ok := v.GetValueType().(*pb.Value_IntegerValue); ok {
		return new(big.Float).SetInt64(i.IntegerValue)
	}
	if math.IsNaN(v.GetDoubleValue()) {
		return nil
	}
	return big.NewFloat(v.GetDoubleValue())
}

func naiveMaps(a, b map[string]*pb.Value) int {
	x, y := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))
	for i := range min(len(x), len(y)) {
		if c := cmp.Or(strings.Compare(x[i], y[i]), naive(a[x[i]], b[y[i]])); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

func rank(v *pb.Value) int {
	switch v.GetValueType().(type) {
	case *pb.Value_BooleanValue:
		return 1
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return 2
	case *pb.Value_TimestampValue:
		return 3
	case *pb.Value_StringValue:
		return 4
	case *pb.Value_BytesValue:
		return 5
	case *pb.Value_ReferenceValue:
		return 6
	case *pb.Value_GeoPointValue:
		return 7
	case *pb.Value_ArrayValue:
		return 8
	case *pb.Value_MapValue:
		return 10
	}
	return 0
}

func BenchmarkAppend(b *testing.B) {
	v := valuetest.Map(map[string]*pb.Value{"name": valuetest.Text("courier"), "n": valuetest.Int(7), "tags": valuetest.Array(valuetest.Text("a"))})
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buf = value.Append(buf[:0], v)
	}
}
