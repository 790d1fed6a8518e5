package conformance_test

import (
	"context"
	"testing"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
)

var firestoreListenCases = []firestoreCase{
	{name: "a query's listener gets the result, then every change of it", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/1": {"n": 1}, "a/2": {"n": 2}, "a/3": {"n": 30}})
		it := db.Collection("a").Where("n", "<", 10).OrderBy("n", firestore.Asc).Snapshots(t.Context())
		defer it.Stop()
		require.Equal(t, []string{"added 1", "added 2"}, changes(t, it))
		db.set(t, map[string]fields{"a/4": {"n": 0}})
		require.Equal(t, []string{"added 4"}, changes(t, it))
		db.set(t, map[string]fields{"a/1": {"n": 5}})
		require.Equal(t, []string{"modified 1"}, changes(t, it))
		db.set(t, map[string]fields{"a/2": {"n": 20}})
		require.Equal(t, []string{"removed 2"}, changes(t, it))
		_, err := db.Doc("a/1").Delete(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"removed 1"}, changes(t, it))
	}},
	{name: "a limited query's listener sees who moves up", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/1": {"n": 1}, "a/2": {"n": 2}, "a/3": {"n": 3}})
		it := db.Collection("a").OrderBy("n", firestore.Asc).Limit(2).Snapshots(t.Context())
		defer it.Stop()
		require.Equal(t, []string{"added 1", "added 2"}, changes(t, it))
		_, err := db.Doc("a/1").Delete(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"removed 1", "added 3"}, changes(t, it))
	}},
	{name: "one commit is one step for a listener", run: func(t *testing.T, db *firestoreDB) {
		it := db.Collection("a").OrderBy("n", firestore.Asc).Snapshots(t.Context())
		defer it.Stop()
		require.Empty(t, changes(t, it))
		require.NoError(t, db.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
			require.NoError(t, tx.Set(db.Doc("a/1"), fields{"n": 1}))
			return tx.Set(db.Doc("a/2"), fields{"n": 2})
		}))
		require.Equal(t, []string{"added 1", "added 2"}, changes(t, it))
	}},
	{name: "a document's listener sees it come, change and go", run: func(t *testing.T, db *firestoreDB) {
		it := db.Doc("a/b").Snapshots(t.Context())
		defer it.Stop()
		require.False(t, next(t, it).Exists())
		db.set(t, map[string]fields{"a/b": {"n": 1}})
		require.Equal(t, fields{"n": int64(1)}, next(t, it).Data())
		_, err := db.Doc("a/b").Delete(t.Context())
		require.NoError(t, err)
		require.False(t, next(t, it).Exists())
	}},
	{name: "a listener that resumes gets only what it missed", differs: "Google's emulator sends the whole result again", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/1": {"n": 1}, "a/2": {"n": 2}, "a/3": {"n": 3}})
		names, token := db.listen(t, db.target(nil))
		require.Len(t, names, 3)
		db.set(t, map[string]fields{"a/2": {"n": 20}})
		_, err := db.Doc("a/3").Delete(t.Context())
		require.NoError(t, err)
		names, _ = db.listen(t, db.target(token))
		require.ElementsMatch(t, []string{"changed " + db.doc("a/2"), "deleted " + db.doc("a/3")}, names)
	}},
	{name: "a query that is no query ends its target with the cause", run: func(t *testing.T, db *firestoreDB) {
		_, err := db.Collection("a").Where("x..y", "==", 1).Snapshots(t.Context()).Next()
		require.Error(t, err)
		_, err = db.Collection("a").OrderBy("n", firestore.Asc).StartAt(1, 2, 3).Snapshots(t.Context()).Next()
		require.Error(t, err)
	}},
	{name: "a listener of nonsense is refused", differs: "Google's emulator answers with an unknown error", run: func(t *testing.T, db *firestoreDB) {
		stream, err := db.rpc.Listen(db.context(t))
		require.NoError(t, err)
		require.NoError(t, stream.Send(&pb.ListenRequest{Database: "nonsense"}))
		_, err = stream.Recv()
		refused(t, err, codes.InvalidArgument, "")
	}},
}

// changes are the next snapshot's, in words.
func changes(t *testing.T, it *firestore.QuerySnapshotIterator) (words []string) {
	t.Helper()
	snap, err := it.Next()
	require.NoError(t, err)
	kinds := map[firestore.DocumentChangeKind]string{
		firestore.DocumentAdded: "added ", firestore.DocumentModified: "modified ", firestore.DocumentRemoved: "removed ",
	}
	for _, c := range snap.Changes {
		words = append(words, kinds[c.Kind]+c.Doc.Ref.ID)
	}
	return words
}

func next(t *testing.T, it *firestore.DocumentSnapshotIterator) *firestore.DocumentSnapshot {
	t.Helper()
	snap, err := it.Next()
	require.NoError(t, err)
	return snap
}

// target is the collection a, from a resume token on.
func (db *firestoreDB) target(token []byte) *pb.Target {
	target := &pb.Target{TargetId: 7, TargetType: &pb.Target_Query{Query: &pb.Target_QueryTarget{
		Parent: db.path + "/documents",
		QueryType: &pb.Target_QueryTarget_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
			From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "a"}}}},
	}}}
	if token != nil {
		target.ResumeType = &pb.Target_ResumeToken{ResumeToken: token}
	}
	return target
}

// listen returns what a target sends until its first consistent moment, and
// the token to resume from.
func (db *firestoreDB) listen(t *testing.T, target *pb.Target) (names []string, token []byte) {
	t.Helper()
	stream, err := db.rpc.Listen(db.context(t))
	require.NoError(t, err)
	require.NoError(t, stream.Send(&pb.ListenRequest{Database: db.path, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: target}}))
	defer func() { _ = stream.CloseSend() }()
	current := false
	for {
		res, err := stream.Recv()
		require.NoError(t, err)
		switch r := res.ResponseType.(type) {
		case *pb.ListenResponse_DocumentChange:
			names = append(names, "changed "+r.DocumentChange.Document.Name)
		case *pb.ListenResponse_DocumentDelete:
			names = append(names, "deleted "+r.DocumentDelete.Document)
		case *pb.ListenResponse_TargetChange:
			current = current || r.TargetChange.TargetChangeType == pb.TargetChange_CURRENT
			if current && len(r.TargetChange.TargetIds) == 0 && r.TargetChange.ReadTime != nil {
				return names, r.TargetChange.ResumeToken
			}
		}
	}
}
