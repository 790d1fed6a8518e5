package conformance_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/grpc/codes"
)

// places is a small collection that most query cases look at.
func places(t *testing.T, db *firestoreDB) firestore.Query {
	db.set(t, map[string]fields{
		"p/a": {"kind": "shop", "n": 1, "tags": []any{"x", "y"}, "m": fields{"k": 1}},
		"p/b": {"kind": "shop", "n": 2.5, "tags": []any{"y"}, "m": fields{"k": 2}},
		"p/c": {"kind": "depot", "n": 3, "tags": []any{"z", 1}},
		"p/d": {"kind": "depot", "n": nil, "tags": "x"},
		"p/e": {"kind": "shop", "n": math.NaN()},
		"p/f": {"kind": "shop", "n": "text"},
		"p/g": {"kind": "shop"},
	})
	return db.Collection("p").Query
}

func firestoreFinds(name string, want []string, narrow func(q firestore.Query) firestore.Query) firestoreCase {
	return firestoreCase{name: name, run: func(t *testing.T, db *firestoreDB) {
		require.Equal(t, want, ids(t, narrow(places(t, db))))
	}}
}

type fq = firestore.Query

// aggregate returns the aggregation under the alias "n".
func aggregate(t *testing.T, q *firestore.AggregationQuery) *pb.Value {
	t.Helper()
	res, err := q.Get(t.Context())
	require.NoError(t, err)
	return res["n"].(*pb.Value)
}

var firestoreQueryCases = []firestoreCase{
	firestoreFinds("a collection is its documents by name", []string{"a", "b", "c", "d", "e", "f", "g"}, func(q fq) fq { return q }),
	firestoreFinds("equality", []string{"c", "d"}, func(q fq) fq { return q.Where("kind", "==", "depot") }),
	firestoreFinds("equality of integer and double", []string{"a"}, func(q fq) fq { return q.Where("n", "==", 1.0) }),
	firestoreFinds("equality with null", []string{"d"}, func(q fq) fq { return q.Where("n", "==", nil) }),
	firestoreFinds("equality with NaN", []string{"e"}, func(q fq) fq { return q.Where("n", "==", math.NaN()) }),
	firestoreFinds("not equal leaves out null and missing", []string{"e", "b", "c", "f"}, func(q fq) fq { return q.Where("n", "!=", 1) }),
	firestoreFinds("not null", []string{"e", "a", "b", "c", "f"}, func(q fq) fq { return q.Where("n", "!=", nil) }),
	firestoreFinds("not NaN", []string{"a", "b", "c", "f"}, func(q fq) fq { return q.Where("n", "!=", math.NaN()) }),
	firestoreFinds("greater looks at one type only", []string{"b", "c"}, func(q fq) fq { return q.Where("n", ">", 1) }),
	firestoreFinds("greater or equal", []string{"a", "b", "c"}, func(q fq) fq { return q.Where("n", ">=", 1) }),
	firestoreFinds("less or equal, never NaN", []string{"a", "b"}, func(q fq) fq { return q.Where("n", "<=", 2.5) }),
	firestoreFinds("a range", []string{"b"}, func(q fq) fq { return q.Where("n", ">", 1).Where("n", "<", 3) }),
	firestoreFinds("in", []string{"a", "c"}, func(q fq) fq { return q.Where("n", "in", []any{3, 1, 7}) }),
	firestoreFinds("not in", []string{"e", "b", "f"}, func(q fq) fq { return q.Where("n", "not-in", []any{3, 1}) }),
	firestoreFinds("array contains", []string{"a", "b"}, func(q fq) fq { return q.Where("tags", "array-contains", "y") }),
	firestoreFinds("array contains any", []string{"a", "c"}, func(q fq) fq { return q.Where("tags", "array-contains-any", []any{"x", 1}) }),
	firestoreFinds("a nested field", []string{"b"}, func(q fq) fq { return q.Where("m.k", ">", 1) }),
	firestoreFinds("equality and order", []string{"f", "b", "a", "e"}, func(q fq) fq { return q.Where("kind", "==", "shop").OrderBy("n", firestore.Desc) }),
	firestoreFinds("order across types", []string{"d", "e", "a", "b", "c", "f"}, func(q fq) fq { return q.OrderBy("n", firestore.Asc) }),
	firestoreFinds("order by several fields", []string{"c", "d", "f", "b", "a", "e"}, func(q fq) fq { return q.OrderBy("kind", firestore.Asc).OrderBy("n", firestore.Desc) }),
	firestoreFinds("limit and offset", []string{"b", "c"}, func(q fq) fq { return q.Offset(1).Limit(2) }),
	firestoreFinds("limit to last keeps the order", []string{"c", "f"}, func(q fq) fq { return q.OrderBy("n", firestore.Asc).LimitToLast(2) }),
	firestoreFinds("start at and end before", []string{"a", "b"}, func(q fq) fq { return q.OrderBy("n", firestore.Asc).StartAt(1).EndBefore(3) }),
	firestoreFinds("start after in descending order", []string{"b", "a"}, func(q fq) fq {
		return q.Where("n", ">", 0).OrderBy("n", firestore.Desc).StartAfter(3)
	}),
	firestoreFinds("a cursor of several values", []string{"b", "a", "e"}, func(q fq) fq {
		return q.OrderBy("kind", firestore.Asc).OrderBy("n", firestore.Desc).StartAt("shop", 2.5)
	}),
	firestoreFinds("a range of names", []string{"b", "c"}, func(q fq) fq {
		return q.OrderBy(firestore.DocumentID, firestore.Asc).StartAfter("a").EndAt("c")
	}),
	firestoreFinds("or", []string{"a", "c", "d"}, func(q fq) fq {
		return q.WhereEntity(firestore.OrFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "kind", Operator: "==", Value: "depot"},
			firestore.PropertyFilter{Path: "n", Operator: "==", Value: 1},
		}})
	}),
	firestoreFinds("or within and, ordered and limited", []string{"c", "b"}, func(q fq) fq {
		return q.WhereEntity(firestore.AndFilter{Filters: []firestore.EntityFilter{
			firestore.PropertyFilter{Path: "n", Operator: ">", Value: 0},
			firestore.OrFilter{Filters: []firestore.EntityFilter{
				firestore.PropertyFilter{Path: "kind", Operator: "==", Value: "depot"},
				firestore.PropertyFilter{Path: "tags", Operator: "array-contains", Value: "y"},
			}},
		}}).OrderBy("n", firestore.Desc).Limit(2)
	}),
	{name: "integers and doubles are told apart beyond 2^53", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{
			"a/1": {"n": int64(1) << 53}, "a/2": {"n": int64(1)<<53 + 1}, "a/3": {"n": float64(int64(1)<<53 + 2)},
			"a/4": {"n": int64(math.MaxInt64)}, "a/5": {"n": float64(1 << 63)}, "a/0": {"n": int64(math.MinInt64)},
		})
		require.Equal(t, []string{"0", "1", "2", "3", "4", "5"}, ids(t, db.Collection("a").OrderBy("n", firestore.Asc)))
		require.Equal(t, []string{"2", "3", "4", "5"}, ids(t, db.Collection("a").Where("n", ">", float64(1<<53))))
	}},
	{name: "values of all types have one order", run: func(t *testing.T, db *firestoreDB) {
		values := []any{
			nil, false, true, math.NaN(), math.Inf(-1), -1, 0, 0.5, 1, math.Inf(1),
			time.Unix(0, 0), time.Unix(1, 0), "", "A", "a", "aa", "é", "\U0001F600", []byte{}, []byte{0}, []byte{255},
			db.Doc("a/b"), db.Doc("a/b/c/d"), db.Doc("a/c"),
			&latlng.LatLng{Latitude: -1}, &latlng.LatLng{Latitude: 1, Longitude: -1}, &latlng.LatLng{Latitude: 1},
			[]any{}, []any{1}, []any{1, "x"}, []any{2},
			firestore.Vector64{1}, firestore.Vector64{2}, firestore.Vector64{0, 0},
			fields{}, fields{"a": 1}, fields{"a": 1, "b": 0}, fields{"a": 2}, fields{"b": 0},
		}
		var want []string
		for i, v := range values {
			id := string(rune('A'+i/10)) + string(rune('0'+i%10))
			want = append(want, id)
			db.set(t, map[string]fields{"o/" + id: {"v": v}})
		}
		require.Equal(t, want, ids(t, db.Collection("o").OrderBy("v", firestore.Asc)))
		slices.Reverse(want)
		require.Equal(t, want, ids(t, db.Collection("o").OrderBy("v", firestore.Desc)))
	}},
	{name: "a projection returns only what it names", run: func(t *testing.T, db *firestoreDB) {
		snaps, err := places(t, db).Where("n", "==", 1).Select("kind", "m.k").Documents(t.Context()).GetAll()
		require.NoError(t, err)
		require.Equal(t, fields{"kind": "shop", "m": fields{"k": int64(1)}}, snaps[0].Data())
	}},
	{name: "a collection group is found at any depth", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{
			"items/1": {"n": 1}, "shops/s/items/2": {"n": 2}, "shops/t/zones/z/items/3": {"n": 3}, "shops/s/others/4": {"n": 4},
		})
		require.Equal(t, []string{"1", "2", "3"}, ids(t, db.CollectionGroup("items").Query))
		require.Equal(t, []string{"3", "2"}, ids(t, db.CollectionGroup("items").Where("n", ">", 1).OrderBy("n", firestore.Desc)))
		require.Equal(t, []string{"2"}, ids(t, db.Collection("shops/s/items").Query))
	}},
	{name: "names downwards", differs: "Google's emulator does not scan keys downwards; Firestore does, with an index",
		run: func(t *testing.T, db *firestoreDB) {
			require.Equal(t, []string{"g", "f"}, ids(t, places(t, db).OrderBy(firestore.DocumentID, firestore.Desc).Limit(2)))
		}},
	{name: "a collection group is partitioned without loss", differs: "Google's emulator has no PartitionQuery", run: func(t *testing.T, db *firestoreDB) {
		for i := range 300 {
			db.set(t, map[string]fields{"g/" + string(rune('a'+i/26)) + string(rune('a'+i%26)): {"n": i}})
		}
		queries, err := db.CollectionGroup("g").GetPartitionedQueries(t.Context(), 4)
		require.NoError(t, err)
		n := 0
		for _, q := range queries {
			n += len(ids(t, q))
		}
		require.Equal(t, 300, n)
	}},
	{name: "count, sum and average", run: func(t *testing.T, db *firestoreDB) {
		shops := places(t, db).Where("kind", "==", "shop")
		require.EqualValues(t, 5, aggregate(t, shops.NewAggregationQuery().WithCount("n")).GetIntegerValue())
		numbers := shops.Where("n", ">", 0)
		require.EqualValues(t, 2, aggregate(t, numbers.NewAggregationQuery().WithCount("n")).GetIntegerValue())
		require.Equal(t, 3.5, aggregate(t, numbers.NewAggregationQuery().WithSum("n", "n")).GetDoubleValue())
		require.Equal(t, 1.75, aggregate(t, numbers.NewAggregationQuery().WithAvg("n", "n")).GetDoubleValue())
	}},
	{name: "sums of integers stay integers and skip what is no number", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"s/a": {"n": 1}, "s/b": {"n": 2}, "s/c": {"n": "text"}})
		s := db.Collection("s")
		require.EqualValues(t, 3, aggregate(t, s.NewAggregationQuery().WithSum("n", "n")).GetIntegerValue())
		require.EqualValues(t, 1.5, aggregate(t, s.NewAggregationQuery().WithAvg("n", "n")).GetDoubleValue())
	}},
	{name: "the sum of nothing is 0, the average null", run: func(t *testing.T, db *firestoreDB) {
		none := db.Collection("none")
		require.EqualValues(t, 0, aggregate(t, none.NewAggregationQuery().WithSum("n", "n")).GetIntegerValue())
		require.IsType(t, &pb.Value_NullValue{}, aggregate(t, none.NewAggregationQuery().WithAvg("n", "n")).ValueType)
	}},
	{name: "a count beside a sum counts documents that have the field", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"s/a": {"n": 1}, "s/b": {"other": 2}})
		q := db.Collection("s").NewAggregationQuery().WithCount("n").WithSum("n", "sum")
		require.EqualValues(t, 1, aggregate(t, q).GetIntegerValue())
	}},
	{name: "a count stops at the query's limit", run: func(t *testing.T, db *firestoreDB) {
		limited := places(t, db).Limit(3)
		require.EqualValues(t, 3, aggregate(t, limited.NewAggregationQuery().WithCount("n")).GetIntegerValue())
	}},
	{name: "what Firestore does not answer is refused in its words", run: func(t *testing.T, db *firestoreDB) {
		p := db.Collection("p").Query
		list := func(n int) []int { return rand.Perm(n) }
		for message, q := range map[string]firestore.Query{
			"'IN' supports up to 30 comparison values.":                                    p.Where("n", "in", list(31)),
			"'NOT_IN' supports up to 10 comparison values.":                                p.Where("n", "not-in", list(11)),
			"'ARRAY_CONTAINS_ANY' supports up to 30 comparison values.":                    p.Where("n", "array-contains-any", list(31)),
			"'IN' requires an non-empty ArrayValue.":                                       p.Where("n", "in", list(0)),
			"Too many disjunctions after normalization. Result had 36 disjunctions":        p.Where("n", "in", list(6)).Where("m", "in", list(6)),
			"Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter":   p.Where("n", "!=", 1).Where("n", "!=", 2),
			"'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or": p.Where("n", "in", list(2)).Where("m", "not-in", list(2)),
			"A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.":           p.Where("n", "array-contains", 1).Where("m", "array-contains-any", list(2)),
			"order by clause cannot contain duplicate fields n":                            p.OrderBy("n", firestore.Asc).OrderBy("n", firestore.Desc),
			"order by clause cannot contain more fields after the key":                     p.OrderBy("__name__", firestore.Asc).OrderBy("n", firestore.Asc),
			"limit is negative":                   p.Limit(-1),
			"offset is negative":                  p.Offset(-1),
			"__key__ filter value must be a Key":  p.Where("__name__", "==", "x"),
			"Invalid reserved name in field path": p.Where("__x__", "==", 1),
		} {
			_, err := q.Documents(t.Context()).GetAll()
			refused(t, err, codes.InvalidArgument, message)
		}
	}},
	{name: "an explanation names the index", differs: "Google's emulator explains nothing", run: func(t *testing.T, db *firestoreDB) {
		q := places(t, db).Where("kind", "==", "shop").OrderBy("n", firestore.Desc)
		it := q.WithRunOptions(firestore.ExplainOptions{Analyze: true}).Documents(t.Context())
		snaps, err := it.GetAll()
		require.NoError(t, err)
		require.Len(t, snaps, 4)
		m, err := it.ExplainMetrics()
		require.NoError(t, err)
		require.Equal(t, "(kind ASC, n DESC, __name__ DESC)", (*m.PlanSummary.IndexesUsed[0])["properties"])
		require.EqualValues(t, 4, m.ExecutionStats.ResultsReturned)
	}},
	{name: "a parent of nonsense is refused", run: func(t *testing.T, db *firestoreDB) {
		stream, err := db.rpc.RunQuery(db.context(t), &pb.RunQueryRequest{Parent: "nonsense"})
		require.NoError(t, err)
		_, err = stream.Recv()
		refused(t, err, codes.InvalidArgument, "")
	}},
}
