package query_test

import (
	"iter"
	"math"
	"slices"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

const root = "projects/p/databases/d/documents"

// FuzzNew feeds any message to the parser: it is refused as an invalid
// argument, or it can be planned and matched.
func FuzzNew(f *testing.F) {
	seed, err := proto.Marshal(&pb.StructuredQuery{
		From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}},
		Where: &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{FieldFilter: &pb.StructuredQuery_FieldFilter{
			Field: &pb.StructuredQuery_FieldReference{FieldPath: "a"}, Op: pb.StructuredQuery_FieldFilter_IN, Value: valuetest.Array(valuetest.Int(1))}}},
		OrderBy: []*pb.StructuredQuery_Order{{Field: &pb.StructuredQuery_FieldReference{FieldPath: "b"}}},
		StartAt: &pb.Cursor{Values: []*pb.Value{valuetest.Null()}},
		Limit:   wrapperspb.Int32(1),
	})
	require.NoError(f, err)
	f.Add(seed)
	doc := &pb.Document{Fields: map[string]*pb.Value{"a": valuetest.Int(1), "b": valuetest.Array(valuetest.Null())}}
	f.Fuzz(func(t *testing.T, data []byte) {
		var sq pb.StructuredQuery
		if proto.Unmarshal(data, &sq) != nil {
			return
		}
		q, err := query.New(root, &sq)
		if err != nil {
			require.Contains(t, []codes.Code{codes.InvalidArgument, codes.Unimplemented}, status.Code(err))
			return
		}
		require.NotEmpty(t, q.Plans())
		require.NotEmpty(t, q.Needs(nil))
		q.Match(name.Key("c\x00d\x00"), doc)
	})
}

func TestSumsAreExactAsLongAsTheyFit(t *testing.T) {
	docs := func(values ...*pb.Value) (docs []*pb.Document) {
		for _, v := range values {
			docs = append(docs, &pb.Document{Fields: map[string]*pb.Value{"n": v}})
		}
		return docs
	}
	for name, c := range map[string]struct {
		docs []*pb.Document
		want *pb.Value
	}{
		"integers":                       {docs(valuetest.Int(1<<53), valuetest.Int(1)), valuetest.Int(1<<53 + 1)},
		"integers and doubles":           {docs(valuetest.Int(1), valuetest.Double(0.5)), valuetest.Double(1.5)},
		"integers that overflow":         {docs(valuetest.Int(math.MaxInt64), valuetest.Int(1)), valuetest.Double(1 << 63)},
		"what is no number adds nothing": {docs(valuetest.Int(1), valuetest.Text("2"), valuetest.Null()), valuetest.Int(1)},
	} {
		a, err := query.NewAggregation([]*pb.StructuredAggregationQuery_Aggregation{{
			Alias: "sum",
			Operator: &pb.StructuredAggregationQuery_Aggregation_Sum_{Sum: &pb.StructuredAggregationQuery_Aggregation_Sum{
				Field: &pb.StructuredQuery_FieldReference{FieldPath: "n"}}},
		}})
		require.NoError(t, err)
		require.Equal(t, c.want.String(), a.Over(found(c.docs)).AggregateFields["sum"].String(), name)
	}
}

type found []*pb.Document

func (f found) Count() int                   { return len(f) }
func (f found) Docs() iter.Seq[*pb.Document] { return slices.Values(f) }

func TestBadAggregationsAreRefused(t *testing.T) {
	count := func(upTo int64) *pb.StructuredAggregationQuery_Aggregation {
		return &pb.StructuredAggregationQuery_Aggregation{Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{
			Count: &pb.StructuredAggregationQuery_Aggregation_Count{UpTo: wrapperspb.Int64(upTo)}}}
	}
	for name, as := range map[string][]*pb.StructuredAggregationQuery_Aggregation{
		"none":               nil,
		"six":                {count(1), count(1), count(1), count(1), count(1), count(1)},
		"a count up to zero": {count(0)},
		"no operator":        {{Alias: "x"}},
		"a sum of no field": {{Operator: &pb.StructuredAggregationQuery_Aggregation_Sum_{
			Sum: &pb.StructuredAggregationQuery_Aggregation_Sum{}}}},
	} {
		_, err := query.NewAggregation(as)
		require.Equal(t, codes.InvalidArgument, status.Code(err), name)
	}
}
