package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
)

var firestoreTxnCases = []firestoreCase{
	{name: "a transaction that fails leaves no trace", run: func(t *testing.T, db *firestoreDB) {
		boom := errors.New("boom")
		err := db.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
			require.NoError(t, tx.Set(db.Doc("a/b"), fields{"n": 1}))
			return boom
		})
		require.ErrorIs(t, err, boom)
		require.Empty(t, ids(t, db.Collection("a").Query))
	}},
	{name: "50 transactions that read and write one document all succeed", differs: "on Google's emulator this takes 10-18 s and may fail",
		run: func(t *testing.T, db *firestoreDB) {
			db.set(t, map[string]fields{"a/counter": {"n": 0}})
			var g errgroup.Group
			for range 50 {
				g.Go(func() error { return db.increment(t, "a/counter") })
			}
			require.NoError(t, g.Wait())
			require.Equal(t, fields{"n": int64(50)}, db.data(t, "a/counter"))
		}},
	{name: "20 transactions that count by query and create never make one too many", differs: "on Google's emulator attempts run out",
		run: func(t *testing.T, db *firestoreDB) {
			var g errgroup.Group
			for i := range 20 {
				g.Go(func() error { return db.claim(t, fmt.Sprint("s/", i), 5) })
			}
			require.NoError(t, g.Wait())
			require.Len(t, ids(t, db.Collection("s").Query), 5)
		}},
	{name: "a plain write waits for a transaction that has read the document", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"n": 1}})
		wrote := make(chan error, 1)
		require.NoError(t, db.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
			snap, err := tx.Get(db.Doc("a/b"))
			require.NoError(t, err)
			go func() {
				_, err := db.Doc("a/b").Update(t.Context(), []firestore.Update{{Path: "n", Value: firestore.Increment(10)}})
				wrote <- err
			}()
			select {
			case <-wrote:
				t.Error("the write did not wait")
			case <-time.After(200 * time.Millisecond):
			}
			return tx.Set(db.Doc("a/b"), fields{"n": snap.Data()["n"].(int64) + 1})
		}))
		require.NoError(t, <-wrote)
		require.Equal(t, fields{"n": int64(12)}, db.data(t, "a/b"))
	}},
	{name: "a rolled back transaction frees its locks", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"n": 1}})
		tx := db.begin(t, nil)
		db.read(t, tx, "a/b")
		_, err := db.rpc.Rollback(db.context(t), &pb.RollbackRequest{Database: db.path, Transaction: tx})
		require.NoError(t, err)
		db.set(t, map[string]fields{"a/b": {"n": 2}})
	}},
	{name: "a committed transaction cannot be used again", run: func(t *testing.T, db *firestoreDB) {
		tx := db.begin(t, nil)
		require.NoError(t, db.commit(t, tx, "a/b"))
		refused(t, db.commit(t, tx, "a/c"), codes.InvalidArgument, "")
	}},
	{name: "a read-only transaction sees one moment and cannot write", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"n": 1}})
		tx := db.begin(t, &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{ReadOnly: &pb.TransactionOptions_ReadOnly{}}})
		require.EqualValues(t, 1, db.read(t, tx, "a/b").Fields["n"].GetIntegerValue())
		db.set(t, map[string]fields{"a/b": {"n": 2}, "a/c": {"n": 3}})
		require.EqualValues(t, 1, db.read(t, tx, "a/b").Fields["n"].GetIntegerValue())
		require.Len(t, db.query(t, tx, "a"), 1)
		refused(t, db.commit(t, tx, "a/d"), codes.InvalidArgument, "read-only")
	}},
	{name: "a read in the past sees the past, also by query", run: func(t *testing.T, db *firestoreDB) {
		first, err := db.Doc("a/b").Set(t.Context(), fields{"n": 1})
		require.NoError(t, err)
		db.set(t, map[string]fields{"a/b": {"n": 2}, "a/c": {"n": 2}})
		_, err = db.Doc("a/b").Delete(t.Context())
		require.NoError(t, err)
		snap, err := db.Doc("a/b").WithReadOptions(firestore.ReadTime(first.UpdateTime)).Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, fields{"n": int64(1)}, snap.Data())
		q := db.Collection("a")
		require.Equal(t, []string{"b"}, ids(t, *q.Query.WithReadOptions(firestore.ReadTime(first.UpdateTime))))
	}},
	{name: "a read too far in the past is refused", differs: "Google's emulator sets no limit", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/b": {"n": 1}})
		_, err := db.Doc("a/b").WithReadOptions(firestore.ReadTime(time.Now().Add(-2 * time.Hour))).Get(t.Context())
		refused(t, err, codes.FailedPrecondition, "too old")
	}},
	{name: "an optimistic transaction aborts if what it read has changed", differs: "Google's emulator locks in this mode as well",
		run: func(t *testing.T, db *firestoreDB) {
			db.set(t, map[string]fields{"a/b": {"n": 1}})
			tx := db.begin(t, optimistic())
			db.read(t, tx, "a/b")
			db.set(t, map[string]fields{"a/b": {"n": 2}})
			require.EqualValues(t, 1, db.read(t, tx, "a/b").Fields["n"].GetIntegerValue())
			refused(t, db.commit(t, tx, "a/c"), codes.Aborted, "contention")
		}},
	{name: "an optimistic transaction aborts if its query finds a phantom", differs: "Google's emulator locks in this mode as well",
		run: func(t *testing.T, db *firestoreDB) {
			tx := db.begin(t, optimistic())
			require.Empty(t, db.query(t, tx, "a"))
			db.set(t, map[string]fields{"a/b": {"n": 2}})
			refused(t, db.commit(t, tx, "c/d"), codes.Aborted, "contention")
		}},
	{name: "a transaction aborts if its query would find a phantom at commit", run: func(t *testing.T, db *firestoreDB) {
		tx := db.begin(t, nil)
		require.Empty(t, db.query(t, tx, "a"))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, blocked := db.Doc("a/b").Set(ctx, fields{"n": 1})
		err := db.commit(t, tx, "c/d")
		require.False(t, blocked == nil && err == nil, "both the phantom and the transaction got through")
	}},
	{name: "a transaction begun by its first read commits", run: func(t *testing.T, db *firestoreDB) {
		stream, err := db.rpc.BatchGetDocuments(db.context(t), &pb.BatchGetDocumentsRequest{
			Database: db.path, Documents: []string{db.doc("a/b")},
			ConsistencySelector: &pb.BatchGetDocumentsRequest_NewTransaction{NewTransaction: &pb.TransactionOptions{
				Mode: &pb.TransactionOptions_ReadWrite_{ReadWrite: &pb.TransactionOptions_ReadWrite{}}}},
		})
		require.NoError(t, err)
		res, err := stream.Recv()
		require.NoError(t, err)
		require.NotEmpty(t, res.Transaction)
		require.NoError(t, db.commit(t, res.Transaction, "a/b"))
	}},
	{name: "a transaction of nonsense is refused", run: func(t *testing.T, db *firestoreDB) {
		refused(t, db.commit(t, []byte("nonsense"), "a/b"), codes.InvalidArgument, "")
	}},
}

// increment adds one to a document's field n, by reading and writing it.
func (db *firestoreDB) increment(t *testing.T, path string) error {
	return db.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
		snap, err := tx.Get(db.Doc(path))
		if err != nil {
			return err
		}
		return tx.Set(db.Doc(path), fields{"n": snap.Data()["n"].(int64) + 1})
	})
}

// claim creates a document if its collection has fewer than limit.
func (db *firestoreDB) claim(t *testing.T, path string, limit int) error {
	return db.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
		snaps, err := tx.Documents(db.Doc(path).Parent.Limit(limit)).GetAll()
		if err != nil || len(snaps) == limit {
			return err
		}
		return tx.Create(db.Doc(path), fields{"claimed": true})
	})
}

func optimistic() *pb.TransactionOptions {
	return &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadWrite_{
		ReadWrite: &pb.TransactionOptions_ReadWrite{ConcurrencyMode: pb.TransactionOptions_OPTIMISTIC}}}
}

func (db *firestoreDB) begin(t *testing.T, o *pb.TransactionOptions) []byte {
	t.Helper()
	res, err := db.rpc.BeginTransaction(db.context(t), &pb.BeginTransactionRequest{Database: db.path, Options: o})
	require.NoError(t, err)
	return res.Transaction
}

// read reads a document in a transaction.
func (db *firestoreDB) read(t *testing.T, tx []byte, path string) *pb.Document {
	t.Helper()
	stream, err := db.rpc.BatchGetDocuments(db.context(t), &pb.BatchGetDocumentsRequest{
		Database: db.path, Documents: []string{db.doc(path)},
		ConsistencySelector: &pb.BatchGetDocumentsRequest_Transaction{Transaction: tx},
	})
	require.NoError(t, err)
	res, err := stream.Recv()
	require.NoError(t, err)
	return res.GetFound()
}

// query lists a collection in a transaction.
func (db *firestoreDB) query(t *testing.T, tx []byte, collection string) (docs []*pb.Document) {
	t.Helper()
	stream, err := db.rpc.RunQuery(db.context(t), &pb.RunQueryRequest{
		Parent:              db.path + "/documents",
		ConsistencySelector: &pb.RunQueryRequest_Transaction{Transaction: tx},
		QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
			From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: collection}}}},
	})
	require.NoError(t, err)
	for {
		res, err := stream.Recv()
		if err != nil {
			return docs
		}
		if res.Document != nil {
			docs = append(docs, res.Document)
		}
	}
}

// commit ends a transaction with one write.
func (db *firestoreDB) commit(t *testing.T, tx []byte, path string) error {
	_, err := db.rpc.Commit(db.context(t), &pb.CommitRequest{Database: db.path, Transaction: tx, Writes: []*pb.Write{
		{Operation: &pb.Write_Update{Update: &pb.Document{Name: db.doc(path)}}},
	}})
	return err
}
