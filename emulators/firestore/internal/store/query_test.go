package store_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"pgregory.net/rapid"

	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

const (
	database = "projects/p/databases/d"
	root     = database + "/documents"
)

func TestPlannerAgreesWithANaiveModel(t *testing.T) { rapid.Check(t, plannerAgrees) }

func FuzzPlanner(f *testing.F) { f.Fuzz(rapid.MakeFuzz(plannerAgrees)) }

func plannerAgrees(t *rapid.T) {
	s := store.New(database, time.Now)
	s.IndexAlways()
	docs := map[string]*pb.Document{}
	for range rapid.IntRange(1, 4).Draw(t, "rounds") {
		mutate(t, s, docs)
		if rapid.Bool().Draw(t, "cool") {
			s.Cool()
		}
		for range 3 {
			compareWithModel(t, s, docs, drawQuery(t))
		}
	}
}

func TestQueriesOfThePastAgreeWithThePresentOfThen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := store.New(database, time.Now)
		s.IndexAlways()
		mutate(t, s, map[string]*pb.Document{})
		q, err := query.New(root, drawQuery(t))
		if err != nil {
			t.Skip("a combination of filters that Firestore refuses")
		}
		then, err := s.Query(q, store.Latest)
		require.NoError(t, err)
		mutate(t, s, map[string]*pb.Document{})
		s.Cool()
		past, err := s.Query(q, then.Read)
		require.NoError(t, err)
		require.Equal(t, names(slices.Collect(then.Docs())), names(slices.Collect(past.Docs())))
	})
}

func compareWithModel(t *rapid.T, s *store.Store, docs map[string]*pb.Document, sq *pb.StructuredQuery) {
	q, err := query.New(root, sq)
	if status.Code(err) == codes.InvalidArgument {
		return // a combination of filters that Firestore refuses
	}
	require.NoError(t, err)
	got, err := s.Query(q, store.Latest)
	require.NoError(t, err)
	require.Equal(t, names(model(docs, sq)), names(slices.Collect(got.Docs())), "%v", sq)
}

func names(docs []*pb.Document) []string {
	all := []string{}
	for _, d := range docs {
		all = append(all, strings.TrimPrefix(d.Name, root+"/"))
	}
	return all
}

// mutate writes and deletes at random, in s and in docs.
func mutate(t *rapid.T, s *store.Store, docs map[string]*pb.Document) {
	for range rapid.IntRange(0, 25).Draw(t, "writes") {
		path := rapid.SampledFrom([]string{"c/", "c/", "c/", "x/y/c/", "c/1/c/", "d/"}).Draw(t, "collection") +
			fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "id"))
		if rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
			put(t, s, &pb.Write{Operation: &pb.Write_Delete{Delete: root + "/" + path}})
			delete(docs, path)
			continue
		}
		doc := &pb.Document{Name: root + "/" + path, Fields: drawFields(t)}
		put(t, s, &pb.Write{Operation: &pb.Write_Update{Update: doc}})
		docs[path] = doc
	}
}

type failer interface {
	Errorf(string, ...any)
	FailNow()
}

func put(t failer, s *store.Store, writes ...*pb.Write) *store.Receipt {
	var ws []store.Write
	for _, w := range writes {
		checked, err := store.NewWrite(database, w)
		require.NoError(t, err)
		ws = append(ws, checked)
	}
	receipt, err := s.Commit(ws, nil)
	require.NoError(t, err)
	return receipt
}

// drawn are the values that documents and queries share.
func drawn() *rapid.Generator[*pb.Value] {
	return rapid.OneOf(
		rapid.SampledFrom([]*pb.Value{
			valuetest.Int(1), valuetest.Double(1), valuetest.Int(2), valuetest.Double(2.5), valuetest.Double(math.NaN()),
			valuetest.Null(), valuetest.Text("a"), valuetest.Text("b"), valuetest.Bool(true),
			valuetest.Array(valuetest.Int(1), valuetest.Text("a")), valuetest.Array(valuetest.Int(2), valuetest.Int(2)),
		}),
		valuetest.Scalar(),
	)
}

func drawFields(t *rapid.T) map[string]*pb.Value {
	return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "tags"}), drawn(), 0, 4).Draw(t, "fields")
}

func drawQuery(t *rapid.T) *pb.StructuredQuery {
	sq := &pb.StructuredQuery{
		From:   []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c", AllDescendants: rapid.Bool().Draw(t, "group")}},
		Where:  drawFilter(t, 2),
		Offset: rapid.Int32Range(0, 2).Draw(t, "offset"),
	}
	for _, field := range rapid.SampledFrom([][]string{nil, {"a"}, {"b"}, {"a", "b"}, {"__name__"}, {"b", "__name__"}}).Draw(t, "orders") {
		sq.OrderBy = append(sq.OrderBy, &pb.StructuredQuery_Order{
			Field:     reference(field),
			Direction: rapid.SampledFrom([]pb.StructuredQuery_Direction{1, 2}).Draw(t, "direction"),
		})
	}
	if rapid.Bool().Draw(t, "limited") {
		sq.Limit = wrapperspb.Int32(rapid.Int32Range(0, 5).Draw(t, "limit"))
	}
	sq.StartAt, sq.EndAt = drawCursor(t, sq, "start"), drawCursor(t, sq, "end")
	return sq
}

func drawCursor(t *rapid.T, sq *pb.StructuredQuery, label string) *pb.Cursor {
	n := rapid.IntRange(0, len(sq.OrderBy)).Draw(t, label)
	if n == 0 {
		return nil
	}
	c := &pb.Cursor{Before: rapid.Bool().Draw(t, label+" before")}
	for _, o := range sq.OrderBy[:n] {
		v := drawn().Draw(t, label+" value")
		if o.Field.FieldPath == "__name__" {
			v = drawName(t)
		}
		c.Values = append(c.Values, v)
	}
	return c
}

func drawName(t *rapid.T) *pb.Value {
	return valuetest.Reference(root + rapid.SampledFrom([]string{"/c/1", "/c/5", "/x/y/c/3", "/c/1/c/2", "/b/z"}).Draw(t, "name"))
}

func reference(field string) *pb.StructuredQuery_FieldReference {
	return &pb.StructuredQuery_FieldReference{FieldPath: field}
}

func drawFilter(t *rapid.T, depth int) *pb.StructuredQuery_Filter {
	switch rapid.IntRange(0, 5).Draw(t, "filter") {
	case 0:
		if depth == 2 {
			return nil
		}
	case 1, 2:
		if depth > 0 {
			return composite(rapid.SampledFrom([]pb.StructuredQuery_CompositeFilter_Operator{1, 2}).Draw(t, "op"),
				notNil(drawFilter(t, depth-1)), notNil(drawFilter(t, depth-1)))
		}
	}
	return drawLeaf(t)
}

func notNil(f *pb.StructuredQuery_Filter) *pb.StructuredQuery_Filter {
	if f == nil {
		return leaf("a", pb.StructuredQuery_FieldFilter_EQUAL, valuetest.Int(1))
	}
	return f
}

func composite(op pb.StructuredQuery_CompositeFilter_Operator, kids ...*pb.StructuredQuery_Filter) *pb.StructuredQuery_Filter {
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_CompositeFilter{
		CompositeFilter: &pb.StructuredQuery_CompositeFilter{Op: op, Filters: kids}}}
}

func leaf(field string, op pb.StructuredQuery_FieldFilter_Operator, v *pb.Value) *pb.StructuredQuery_Filter {
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{
		FieldFilter: &pb.StructuredQuery_FieldFilter{Field: reference(field), Op: op, Value: v}}}
}

func drawLeaf(t *rapid.T) *pb.StructuredQuery_Filter {
	if rapid.IntRange(0, 9).Draw(t, "by name") == 0 {
		return leaf("__name__", pb.StructuredQuery_FieldFilter_Operator(rapid.Int32Range(1, 5).Draw(t, "op")), drawName(t))
	}
	field := rapid.SampledFrom([]string{"a", "b", "tags"}).Draw(t, "field")
	op := pb.StructuredQuery_FieldFilter_Operator(rapid.Int32Range(1, 10).Draw(t, "op"))
	switch op {
	case pb.StructuredQuery_FieldFilter_IN, pb.StructuredQuery_FieldFilter_NOT_IN, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
		return leaf(field, op, valuetest.Array(rapid.SliceOfN(drawn(), 1, 3).Draw(t, "operands")...))
	}
	return leaf(field, op, drawn().Draw(t, "operand"))
}

func TestAnIndexMissesNothingThatIsCommittedWhileItIsMade(t *testing.T) {
	s := store.New(database, time.Now)
	s.IndexAlways()
	docs := map[string]*pb.Document{}
	write := func(i, n int) {
		path := fmt.Sprint("c/", i)
		docs[path] = &pb.Document{Name: root + "/" + path, Fields: map[string]*pb.Value{"v": valuetest.Int(int64(n))}}
		put(t, s, set(path, valuetest.Int(int64(n))))
	}
	for i := range 5000 {
		write(i, i)
	}
	ordered := &pb.StructuredQuery{
		From:    []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}},
		OrderBy: []*pb.StructuredQuery_Order{{Field: &pb.StructuredQuery_FieldReference{FieldPath: "v"}, Direction: pb.StructuredQuery_ASCENDING}},
	}
	q, err := query.New(root, ordered)
	require.NoError(t, err)
	asked := make(chan error)
	for range 4 {
		go func() {
			_, err := s.Query(q, store.Latest)
			asked <- err
		}()
	}
	for i := range 500 {
		write(i, -i)
		if i%5 == 0 {
			put(t, s, remove(fmt.Sprint("c/", i)))
			delete(docs, fmt.Sprint("c/", i))
		}
	}
	for range 4 {
		require.NoError(t, <-asked)
	}
	require.Equal(t, 1, s.Indexes("c"), "all four asked for the same")
	got, err := s.Query(q, store.Latest)
	require.NoError(t, err)
	require.Equal(t, names(model(docs, ordered)), names(slices.Collect(got.Docs())))
}
