package conformance_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
)

var firestoreDocumentCases = []firestoreCase{
	{name: "a missing document is not found", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.Doc("a/missing").Get(t.Context())
		refused(t, err, codes.NotFound, "not found")
	}},
	{name: "what is set is read back, every type", run: func(t *testing.T, db *firestoreDB) {
		want := fields{
			"null": nil, "bool": true, "int": int64(math.MaxInt64), "double": 1.5, "text": "grüße",
			"bytes": []byte{0, 1, 2}, "time": time.Unix(1700000000, 123456000).UTC(),
			"array": []any{int64(1), "two", nil}, "map": fields{"nested": fields{"deep": int64(1)}},
			"ref": db.Doc("x/y"), "vector": firestore.Vector64{1, 2, 3},
		}
		db.set(t, map[string]fields{"a/b": want})
		got := db.data(t, "a/b")
		require.Equal(t, "x/y", strings.SplitN(got["ref"].(*firestore.DocumentRef).Path, "/documents/", 2)[1])
		delete(got, "ref")
		delete(want, "ref")
		require.Equal(t, want, got)
	}},
	{name: "a timestamp is cut to microseconds", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"time": time.Unix(1700000000, 123456789)}})
		require.Equal(t, time.Unix(1700000000, 123456000).UTC(), db.data(t, "a/b")["time"])
	}},
	{name: "create refuses a document that exists", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.Doc("a/b").Create(t.Context(), fields{"n": 1})
		require.NoError(t, err)
		_, err = db.Doc("a/b").Create(t.Context(), fields{"n": 2})
		refused(t, err, codes.AlreadyExists, "already exists")
		require.Equal(t, fields{"n": int64(1)}, db.data(t, "a/b"))
	}},
	{name: "update refuses a document that is missing", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.Doc("a/b").Update(t.Context(), []firestore.Update{{Path: "n", Value: 1}})
		refused(t, err, codes.NotFound, "o update")
	}},
	{name: "delete of a missing document is no error", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.Doc("a/b").Delete(t.Context())
		require.NoError(t, err)
		_, err = db.Doc("a/b").Delete(t.Context(), firestore.Exists)
		refused(t, err, codes.NotFound, "o update")
	}},
	{name: "a stale update time is refused, the right one accepted", run: func(t *testing.T, db *firestoreDB) {
		first, err := db.Doc("a/b").Set(t.Context(), fields{"n": 1})
		require.NoError(t, err)
		second, err := db.Doc("a/b").Set(t.Context(), fields{"n": 2})
		require.NoError(t, err)
		require.True(t, second.UpdateTime.After(first.UpdateTime))
		_, err = db.Doc("a/b").Update(t.Context(), []firestore.Update{{Path: "n", Value: 3}}, firestore.LastUpdateTime(first.UpdateTime))
		refused(t, err, codes.FailedPrecondition, "does not match the required base version")
		_, err = db.Doc("a/b").Update(t.Context(), []firestore.Update{{Path: "n", Value: 3}}, firestore.LastUpdateTime(second.UpdateTime))
		require.NoError(t, err)
	}},
	{name: "the creation time stays, the update time grows", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"n": 1}})
		first, err := db.Doc("a/b").Get(t.Context())
		require.NoError(t, err)
		db.set(t, map[string]fields{"a/b": {"n": 2}})
		second, err := db.Doc("a/b").Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, first.CreateTime, second.CreateTime)
		require.True(t, second.UpdateTime.After(first.UpdateTime))
	}},
	{name: "a write that changes nothing keeps the update time", run: func(t *testing.T, db *firestoreDB) {
		first, err := db.Doc("a/b").Set(t.Context(), fields{"n": 1})
		require.NoError(t, err)
		second, err := db.Doc("a/b").Set(t.Context(), fields{"n": 1})
		require.NoError(t, err)
		require.Equal(t, first.UpdateTime, second.UpdateTime)
	}},
	{name: "merge keeps what it does not name", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"keep": 1, "map": fields{"keep": 1, "change": 1}, "drop": 1}})
		_, err := db.Doc("a/b").Set(t.Context(), fields{"map": fields{"change": 2}, "drop": firestore.Delete}, firestore.MergeAll)
		require.NoError(t, err)
		require.Equal(t, fields{"keep": int64(1), "map": fields{"keep": int64(1), "change": int64(2)}}, db.data(t, "a/b"))
	}},
	{name: "update changes and deletes nested fields, also with odd names", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"m": fields{"a.b": 1, "`x`": 2, "c": fields{"d": 3, "e": 4}}}})
		_, err := db.Doc("a/b").Update(t.Context(), []firestore.Update{
			{FieldPath: []string{"m", "a.b"}, Value: 10},
			{FieldPath: []string{"m", "`x`"}, Value: firestore.Delete},
			{Path: "m.c.d", Value: firestore.Delete},
			{Path: "m.new.deep", Value: true},
		})
		require.NoError(t, err)
		require.Equal(t, fields{"m": fields{"a.b": int64(10), "c": fields{"e": int64(4)}, "new": fields{"deep": true}}}, db.data(t, "a/b"))
	}},
	{name: "transforms: increment, union, remove, max, min, server time", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"i": 1, "f": 1.5, "s": "text", "list": []any{1, 2, 2}, "hi": 5, "lo": 5}})
		_, err := db.Doc("a/b").Update(t.Context(), []firestore.Update{
			{Path: "i", Value: firestore.Increment(2)},
			{Path: "f", Value: firestore.Increment(1)},
			{Path: "s", Value: firestore.Increment(7)},
			{Path: "new", Value: firestore.Increment(3)},
			{Path: "list", Value: firestore.ArrayUnion(2, 3)},
			{Path: "hi", Value: firestore.FieldTransformMaximum(9)},
			{Path: "lo", Value: firestore.FieldTransformMinimum(7.5)},
			{Path: "at", Value: firestore.ServerTimestamp},
		})
		require.NoError(t, err)
		got := db.data(t, "a/b")
		require.WithinDuration(t, time.Now(), got["at"].(time.Time), time.Minute)
		delete(got, "at")
		require.Equal(t, fields{"i": int64(3), "f": 2.5, "s": int64(7), "new": int64(3), "list": []any{int64(1), int64(2), int64(2), int64(3)}, "hi": int64(9), "lo": int64(5)}, got)
		_, err = db.Doc("a/b").Update(t.Context(), []firestore.Update{{Path: "list", Value: firestore.ArrayRemove(2.0)}})
		require.NoError(t, err)
		require.Equal(t, []any{int64(1), int64(3)}, db.data(t, "a/b")["list"])
	}},
	{name: "increment saturates instead of wrapping", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"hi": int64(math.MaxInt64 - 1), "lo": int64(math.MinInt64)}})
		_, err := db.Doc("a/b").Update(t.Context(), []firestore.Update{
			{Path: "hi", Value: firestore.Increment(5)}, {Path: "lo", Value: firestore.Increment(-5)},
		})
		require.NoError(t, err)
		require.Equal(t, fields{"hi": int64(math.MaxInt64), "lo": int64(math.MinInt64)}, db.data(t, "a/b"))
	}},
	{name: "a commit is all or nothing", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.rpc.Commit(db.context(t), &pb.CommitRequest{Database: db.path, Writes: []*pb.Write{
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: db.doc("a/one")}}},
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: db.doc("a/two")}}, CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: true}}},
		}})
		refused(t, err, codes.NotFound, "o update")
		require.Empty(t, ids(t, db.Collection("a").Query))
	}},
	{name: "a commit writes one document several times, in order", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"n": 0}})
		require.NoError(t, db.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
			require.NoError(t, tx.Update(db.Doc("a/b"), []firestore.Update{{Path: "n", Value: firestore.Increment(1)}}))
			require.NoError(t, tx.Update(db.Doc("a/b"), []firestore.Update{{Path: "n", Value: firestore.Increment(1)}}))
			return tx.Create(db.Doc("a/c"), fields{"x": 1})
		}))
		require.Equal(t, fields{"n": int64(2)}, db.data(t, "a/b"))
	}},
	{name: "documents are created, changed, read and deleted one by one", run: func(t *testing.T, db *firestoreDB) {
		number := func(n int64) map[string]*pb.Value {
			return map[string]*pb.Value{"n": {ValueType: &pb.Value_IntegerValue{IntegerValue: n}}, "m": {ValueType: &pb.Value_IntegerValue{IntegerValue: n}}}
		}
		mask := &pb.DocumentMask{FieldPaths: []string{"n"}}
		create := &pb.CreateDocumentRequest{Parent: db.path + "/documents", CollectionId: "a", DocumentId: "b", Document: &pb.Document{Fields: number(1)}}
		doc, err := db.rpc.CreateDocument(db.context(t), create)
		require.NoError(t, err)
		require.Equal(t, db.doc("a/b"), doc.Name)
		_, err = db.rpc.CreateDocument(db.context(t), create)
		refused(t, err, codes.AlreadyExists, "already exists")
		doc, err = db.rpc.UpdateDocument(db.context(t), &pb.UpdateDocumentRequest{
			Document: &pb.Document{Name: doc.Name, Fields: number(2)}, UpdateMask: mask, Mask: mask})
		require.NoError(t, err)
		require.Len(t, doc.Fields, 1)
		doc, err = db.rpc.GetDocument(db.context(t), &pb.GetDocumentRequest{Name: doc.Name})
		require.NoError(t, err)
		require.EqualValues(t, 2, doc.Fields["n"].GetIntegerValue())
		require.EqualValues(t, 1, doc.Fields["m"].GetIntegerValue())
		_, err = db.rpc.DeleteDocument(db.context(t), &pb.DeleteDocumentRequest{Name: doc.Name})
		require.NoError(t, err)
		_, err = db.rpc.GetDocument(db.context(t), &pb.GetDocumentRequest{Name: doc.Name})
		refused(t, err, codes.NotFound, "not found")
		create.DocumentId = ""
		doc, err = db.rpc.CreateDocument(db.context(t), create)
		require.NoError(t, err)
		require.Greater(t, len(doc.Name), len(db.doc("a/")), "an id is made up")
	}},
	{name: "batch write applies each write by itself", run: func(t *testing.T, db *firestoreDB) {
		exists := &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: true}}
		res, err := db.rpc.BatchWrite(db.context(t), &pb.BatchWriteRequest{Database: db.path, Writes: []*pb.Write{
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: db.doc("a/one")}}},
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: db.doc("a/two")}}, CurrentDocument: exists},
			{Operation: &pb.Write_Delete{Delete: db.doc("a/three")}},
		}})
		require.NoError(t, err)
		require.Equal(t, []int32{0, int32(codes.NotFound), 0}, []int32{res.Status[0].Code, res.Status[1].Code, res.Status[2].Code})
		require.Equal(t, []string{"one"}, ids(t, db.Collection("a").Query))
	}},
	{name: "the bulk writer writes hundreds of documents", run: func(t *testing.T, db *firestoreDB) {
		w := db.BulkWriter(t.Context())
		for i := range 200 {
			_, err := w.Set(db.Collection("a").Doc(string(rune('a'+i%26))+strings.Repeat("x", i/26)), fields{"n": i})
			require.NoError(t, err)
		}
		w.End()
		require.Len(t, ids(t, db.Collection("a").Query), 200)
	}},
	{name: "get all answers in the order asked, missing ones too", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/one": {"n": 1}, "a/two": {"n": 2}})
		snaps, err := db.GetAll(t.Context(), []*firestore.DocumentRef{db.Doc("a/two"), db.Doc("a/none"), db.Doc("a/one"), db.Doc("a/two")})
		require.NoError(t, err)
		require.Equal(t, []bool{true, false, true, true}, []bool{snaps[0].Exists(), snaps[1].Exists(), snaps[2].Exists(), snaps[3].Exists()})
		require.Equal(t, fields{"n": int64(1)}, snaps[2].Data())
	}},
	{name: "collections and missing parents are listed", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {}, "c/missing/d/e": {}, "c/there": {}})
		var cols []string
		for it := db.Collections(t.Context()); ; {
			c, err := it.Next()
			if err == iterator.Done {
				break
			}
			require.NoError(t, err)
			cols = append(cols, c.ID)
		}
		require.Equal(t, []string{"a", "c"}, cols)
		refs, err := db.Collection("c").DocumentRefs(t.Context()).GetAll()
		require.NoError(t, err)
		require.Len(t, refs, 2)
		require.Equal(t, []string{"missing", "there"}, []string{refs[0].ID, refs[1].ID})
		subs, err := db.Doc("c/missing").Collections(t.Context()).GetAll()
		require.NoError(t, err)
		require.Len(t, subs, 1)
	}},
	{name: "listing pages through a collection", run: func(t *testing.T, db *firestoreDB) {
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			db.set(t, map[string]fields{"l/" + id: {"n": id}, "l/" + id + "/sub/x": {}})
		}
		var got []string
		req := &pb.ListDocumentsRequest{Parent: db.path + "/documents", CollectionId: "l", PageSize: 2}
		for {
			res, err := db.rpc.ListDocuments(db.context(t), req)
			require.NoError(t, err)
			for _, d := range res.Documents {
				got = append(got, d.Fields["n"].GetStringValue())
			}
			if req.PageToken = res.NextPageToken; req.PageToken == "" {
				break
			}
		}
		require.Equal(t, []string{"a", "b", "c", "d", "e"}, got)
	}},
	{name: "a document over 1 MiB is refused", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.Doc("a/b").Set(t.Context(), fields{"blob": strings.Repeat("x", 1<<20)})
		refused(t, err, codes.InvalidArgument, "bytes")
		_, err = db.Doc("a/b").Set(t.Context(), fields{"blob": strings.Repeat("x", 1<<20-200)})
		require.NoError(t, err)
	}},
	{name: "a commit over 10 MiB is refused", differs: "Google's emulator does not answer before the deadline",
		run: func(t *testing.T, db *firestoreDB) {
			err := db.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
				for i := range 11 {
					if err := tx.Set(db.Collection("a").Doc(string(rune('a'+i))), fields{"blob": strings.Repeat("x", 1<<20-200)}); err != nil {
						return err
					}
				}
				return nil
			})
			refused(t, err, codes.InvalidArgument, "exceeds the limit: 10485760 bytes")
		}},
	{name: "maps nest 20 deep and no deeper", run: func(t *testing.T, db *firestoreDB) {
		nest := func(depth int) fields {
			f := fields{"leaf": 1}
			for range depth - 1 {
				f = fields{"m": f}
			}
			return f
		}
		_, err := db.Doc("a/ok").Set(t.Context(), nest(21))
		require.NoError(t, err)
		_, err = db.Doc("a/no").Set(t.Context(), nest(22))
		refused(t, err, codes.InvalidArgument, "invalid nested entity")
	}},
	{name: "an array directly in an array is refused", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.Doc("a/b").Set(t.Context(), fields{"list": []any{[]any{1}}})
		refused(t, err, codes.InvalidArgument, "")
	}},
	{name: "reserved and overlong names are refused", run: func(t *testing.T, db *firestoreDB) {
		for _, id := range []string{"__reserved__", strings.Repeat("x", 1501)} {
			_, err := db.Collection("a").Doc(id).Set(t.Context(), fields{})
			refused(t, err, codes.InvalidArgument, "")
		}
		_, err := db.Doc("a/b").Set(t.Context(), fields{"__reserved__": 1})
		refused(t, err, codes.InvalidArgument, "")
	}},
}
