package txn_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
	"lastmile/emulators/firestore/internal/txn"
)

const (
	database = "projects/p/databases/d"
	root     = database + "/documents"
)

// world is a store with its transactions.
type world struct {
	*testing.T
	store *store.Store
	*txn.Manager
}

func (w world) begin(o *pb.TransactionOptions) *txn.Txn {
	tx, err := w.Begin(o)
	require.NoError(w, err)
	return tx
}

func (w world) reads(tx *txn.Txn, path string) {
	w.Helper()
	_, _, err := tx.Get(w.Context(), []name.Key{w.key(path)})
	require.NoError(w, err)
}

func (w world) key(path string) name.Key {
	_, k, err := name.Document(root + "/" + path)
	require.NoError(w, err)
	return k
}

func (w world) writes(paths ...string) (writes []store.Write) {
	for _, path := range paths {
		write, err := store.NewWrite(database, &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: root + "/" + path}}})
		require.NoError(w, err)
		writes = append(writes, write)
	}
	return writes
}

// commits returns the outcome of a commit that may have to wait.
func (w world) commits(commit func(context.Context, []store.Write) (*store.Receipt, error), paths ...string) <-chan error {
	writes, outcome := w.writes(paths...), make(chan error, 1)
	go func() {
		_, err := commit(w.Context(), writes)
		outcome <- err
	}()
	synctest.Wait()
	return outcome
}

func (w world) list(tx *txn.Txn, collection string) int {
	q, err := query.New(root, &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: collection}}})
	require.NoError(w, err)
	result, err := tx.Query(w.Context(), q)
	require.NoError(w, err)
	return result.Count()
}

func retryOf(tx *txn.Txn) *pb.TransactionOptions {
	return &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadWrite_{
		ReadWrite: &pb.TransactionOptions_ReadWrite{RetryTransaction: tx.ID()}}}
}

func TestTransactions(t *testing.T) {
	cases := map[string]func(w world){
		"a plain commit waits until an idle transaction expires": func(w world) {
			tx := w.begin(nil)
			w.reads(tx, "a/b")
			plain := w.commits(w.Commit, "a/b")
			time.Sleep(59 * time.Second)
			w.Expire()
			synctest.Wait()
			require.Empty(w, plain)
			time.Sleep(2 * time.Second)
			w.Expire()
			require.NoError(w, <-plain)
			_, err := w.Find(tx.ID())
			require.Equal(w, codes.InvalidArgument, status.Code(err))
		},
		"a busy transaction expires after 270 seconds": func(w world) {
			tx := w.begin(nil)
			for range 9 {
				time.Sleep(30 * time.Second)
				_, err := w.Find(tx.ID())
				require.NoError(w, err)
				w.Expire()
			}
			time.Sleep(time.Second)
			w.Expire()
			_, err := w.Find(tx.ID())
			require.Equal(w, codes.InvalidArgument, status.Code(err))
		},
		"a reader waits a moment for another, then reads beside it": func(w world) {
			first, second := w.begin(nil), w.begin(nil)
			w.reads(first, "a/b")
			began := time.Now()
			w.reads(second, "a/b")
			require.Equal(w, 50*time.Millisecond, time.Since(began))
		},
		"readers of what nobody writes do not wait for each other": func(w world) {
			first := w.begin(nil)
			w.reads(first, "config/c")
			require.NoError(w, <-w.commits(first.Commit, "a/b"))
			second, third := w.begin(nil), w.begin(nil)
			began := time.Now()
			w.reads(second, "config/c")
			w.reads(third, "config/c")
			require.Zero(w, time.Since(began))
			w.Rollback(third.ID())
			require.NoError(w, <-w.commits(second.Commit, "config/c"))
			fourth, fifth := w.begin(nil), w.begin(nil)
			w.reads(fourth, "config/c")
			w.reads(fifth, "config/c")
			require.Equal(w, 50*time.Millisecond, time.Since(began))
		},
		"of two that read and write one document the younger aborts, and its retry succeeds": func(w world) {
			first, second := w.begin(nil), w.begin(nil)
			w.reads(first, "a/b")
			w.reads(second, "a/b")
			older := w.commits(first.Commit, "a/b")
			require.Equal(w, codes.Aborted, status.Code(<-w.commits(second.Commit, "a/b")))
			require.NoError(w, <-older)
			retry := w.begin(retryOf(second))
			w.reads(retry, "a/b")
			require.NoError(w, <-w.commits(retry.Commit, "a/b"))
		},
		"a retry keeps others from changing what it queries": func(w world) {
			first := w.begin(nil)
			require.Zero(w, w.list(first, "a"))
			require.NoError(w, <-w.commits(w.Commit, "a/phantom"))
			require.Equal(w, codes.Aborted, status.Code(<-w.commits(first.Commit, "a/mine")))
			retry := w.begin(retryOf(first))
			require.Equal(w, 1, w.list(retry, "a"))
			plain, other := w.commits(w.Commit, "a/late"), w.commits(w.Commit, "b/other")
			require.NoError(w, <-other)
			require.Empty(w, plain)
			require.NoError(w, <-w.commits(retry.Commit, "a/mine"))
			require.NoError(w, <-plain)
		},
		"a transaction gives up waiting for a lock after 20 seconds": func(w world) {
			first := w.begin(nil)
			w.reads(first, "a/b")
			second := w.begin(nil)
			outcome := w.commits(second.Commit, "a/b")
			time.Sleep(21 * time.Second)
			require.Equal(w, codes.Aborted, status.Code(<-outcome))
		},
		"commits of many documents in any order never deadlock": func(w world) {
			var outcomes []<-chan error
			tx := w.begin(nil)
			w.reads(tx, "a/b")
			for range 10 {
				outcomes = append(outcomes, w.commits(w.Commit, "a/b", "a/c"), w.commits(w.Commit, "a/c", "a/b"))
			}
			w.Rollback(tx.ID())
			for _, o := range outcomes {
				require.NoError(w, <-o)
			}
		},
		"a retry of nonsense is refused": func(w world) {
			_, err := w.Begin(&pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadWrite_{
				ReadWrite: &pb.TransactionOptions_ReadWrite{RetryTransaction: []byte("nonsense")}}})
			require.Equal(w, codes.InvalidArgument, status.Code(err))
		},
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := store.New(database, time.Now)
				run(world{t, s, txn.NewManager(s, time.Now)})
			})
		})
	}
}
