package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	gcp "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

// client is the official client of a fresh database.
func client(t *testing.T, srv *firestore.Server) *gcp.Client {
	conn, err := grpc.NewClient(srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	c, err := gcp.NewClient(t.Context(), "p", option.WithGRPCConn(conn))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRestartAtTheSameAddress(t *testing.T) {
	srv, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	addr := srv.Addr()
	require.NoError(t, srv.Close())
	srv, err = firestore.Start(firestore.Options{Addr: addr})
	require.NoError(t, err)
	require.Equal(t, addr, srv.Addr())
	require.NoError(t, srv.Close())
}

func TestAnAddressInUseIsRefused(t *testing.T) {
	srv, _ := dial(t, firestore.Options{})
	_, err := firestore.Start(firestore.Options{Addr: srv.Addr()})
	require.ErrorContains(t, err, "start firestore")
}

func TestBadIndexesAreRefusedAtTheStart(t *testing.T) {
	_, err := firestore.Start(firestore.Options{Indexes: []byte(`{"indexes": [{}]}`)})
	require.ErrorContains(t, err, "collectionGroup must be given")
}

func TestDeclaredIndexesAreEnforcedAndCanBeReplaced(t *testing.T) {
	srv, _ := dial(t, firestore.Options{Indexes: []byte(`{}`)})
	q := client(t, srv).Collection("items").Where("shop", "==", "s").OrderBy("price", gcp.Asc)
	refusals := func() []error {
		_, plain := q.Documents(t.Context()).GetAll()
		_, sum := q.NewAggregationQuery().WithCount("n").Get(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, listen := q.Snapshots(ctx).Next()
		return []error{plain, sum, listen}
	}
	for _, err := range refusals() {
		require.Equal(t, codes.FailedPrecondition, status.Code(err), "%v", err)
		require.ErrorContains(t, err, `"fieldPath":"shop"`)
	}
	require.NoError(t, srv.SetIndexes([]byte(`{"indexes": [{"collectionGroup": "items", "fields": [{"fieldPath": "shop"}, {"fieldPath": "price"}]}]}`)))
	require.Equal(t, []error{nil, nil, nil}, refusals())
	require.Error(t, srv.SetIndexes([]byte(`nonsense`)))
	require.NoError(t, srv.SetIndexes(nil))
}

func TestExpiredDocumentsAreDeleted(t *testing.T) {
	srv, rpc := dial(t, firestore.Options{
		TTLEvery: time.Millisecond,
		Indexes:  []byte(`{"fieldOverrides": [{"collectionGroup": "logs", "fieldPath": "expires", "ttl": true, "indexes": []}]}`),
	})
	expiring := func(id string, v *pb.Value) *pb.Write {
		return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: root + "/" + id, Fields: map[string]*pb.Value{"expires": v}}}}
	}
	past, future := timestamppb.New(time.Now().Add(-time.Hour)), timestamppb.New(time.Now().Add(time.Hour))
	_, err := rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{
		expiring("logs/old", valuetest.Time(past)), expiring("shops/s/logs/deep", valuetest.Time(past)),
		expiring("logs/young", valuetest.Time(future)), expiring("logs/text", valuetest.Text("2001")), expiring("other/old", valuetest.Time(past)),
	}})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return srv.Stats().Documents == 3 }, 10*time.Second, time.Millisecond)
	for id, want := range map[string]codes.Code{"logs/old": codes.NotFound, "logs/young": codes.OK, "logs/text": codes.OK, "other/old": codes.OK} {
		_, err := rpc.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: root + "/" + id})
		require.Equal(t, want, status.Code(err), id)
	}
}

func TestStatsCount(t *testing.T) {
	srv, rpc := dial(t, firestore.Options{})
	_, err := rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{courier(1, 0), courier(2, 0)}})
	require.NoError(t, err)
	_, err = rpc.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: root + "/couriers/1"})
	require.NoError(t, err)
	stats := srv.Stats()
	require.Equal(t, 2, stats.Documents)
	require.Positive(t, stats.Bytes)
	require.EqualValues(t, 1, stats.Reads)
	require.EqualValues(t, 2, stats.Writes)
}

func TestALostAnswerLeavesTheEffect(t *testing.T) {
	srv, _ := dial(t, firestore.Options{})
	c := client(t, srv)
	srv.Faults.Add(fault.Rule{Method: "Commit", Times: 1, Code: codes.Internal, After: true})
	_, err := c.Doc("a/b").Create(t.Context(), map[string]any{"n": 1})
	require.Equal(t, codes.Internal, status.Code(err))
	_, err = c.Doc("a/b").Create(t.Context(), map[string]any{"n": 2})
	require.Equal(t, codes.AlreadyExists, status.Code(err))
}

func TestCloseEndsListenersAndLetsCallsFinish(t *testing.T) {
	srv, err := firestore.Start(firestore.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	rpc := connect(t, srv)
	srv.Faults.Add(fault.Rule{Method: "Commit", Delay: 100 * time.Millisecond})
	committed := make(chan error, 1)
	go func() {
		_, err := rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{courier(1, 0)}})
		committed <- err
	}()
	stream, err := rpc.Listen(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&pb.ListenRequest{Database: database, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: &pb.Target{
		TargetType: &pb.Target_Documents{Documents: &pb.Target_DocumentsTarget{Documents: []string{root + "/a/b"}}}}}}))
	_, err = stream.Recv()
	require.NoError(t, err)
	require.NoError(t, srv.Close())
	for err == nil {
		_, err = stream.Recv()
	}
	require.Equal(t, codes.Unavailable, status.Code(err))
	if err := <-committed; err == nil {
		require.Equal(t, 1, srv.Stats().Documents)
	} else {
		require.Zero(t, srv.Stats().Documents, "refused, so without effect: %v", err)
	}
}

func TestAListenerThatWasAwayTooLongStartsOver(t *testing.T) {
	_, rpc := dial(t, firestore.Options{})
	_, err := rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{courier(1, 0)}})
	require.NoError(t, err)
	stream, err := rpc.Listen(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&pb.ListenRequest{Database: database, TargetChange: &pb.ListenRequest_AddTarget{AddTarget: &pb.Target{
		TargetId:   1,
		TargetType: &pb.Target_Documents{Documents: &pb.Target_DocumentsTarget{Documents: []string{root + "/couriers/1"}}},
		ResumeType: &pb.Target_ResumeToken{ResumeToken: []byte{0, 0, 0, 0, 0, 0, 0, 1}},
	}}}))
	var got []string
	for len(got) < 4 {
		res, err := stream.Recv()
		require.NoError(t, err)
		if c := res.GetTargetChange(); c != nil {
			got = append(got, c.TargetChangeType.String())
		} else {
			got = append(got, res.GetDocumentChange().GetDocument().GetName())
		}
	}
	require.Equal(t, []string{"ADD", "RESET", root + "/couriers/1", "CURRENT"}, got)
}

// TestManyClientsAtOnce moves amounts between accounts from 64 clients while
// others query, listen and write: what is there in all must never change.
func TestManyClientsAtOnce(t *testing.T) {
	const accounts, clients, moves, total = 20, 64, 5, 20 * 100
	srv, rpc := dial(t, firestore.Options{Dir: t.TempDir()})
	c := client(t, srv)
	_, err := rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: opening(accounts)})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var watch errgroup.Group
	watch.Go(func() error { return watchTotal(ctx, c, total) })
	var work errgroup.Group
	for i := range clients {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		mine := client(t, srv)
		work.Go(func() error {
			for range moves {
				if err := move(ctx, mine, r.IntN(accounts), r.IntN(accounts), r.IntN(10)); err != nil {
					return fmt.Errorf("client %d: %w", i, err)
				}
				if _, err := mine.Doc(fmt.Sprint("noise/", i)).Set(ctx, map[string]any{"at": gcp.ServerTimestamp}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, work.Wait())
	cancel()
	require.NoError(t, watch.Wait())
	docs, err := c.Collection("accounts").Documents(t.Context()).GetAll()
	require.NoError(t, err)
	require.EqualValues(t, total, add(docs))
}

func opening(accounts int) (writes []*pb.Write) {
	for i := range accounts {
		writes = append(writes, &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{
			Name: fmt.Sprint(root, "/accounts/", i), Fields: map[string]*pb.Value{"n": valuetest.Int(100)}}}})
	}
	return writes
}

func move(ctx context.Context, c *gcp.Client, from, to, n int) error {
	a, b := c.Doc(fmt.Sprint("accounts/", from)), c.Doc(fmt.Sprint("accounts/", to))
	return c.RunTransaction(ctx, func(_ context.Context, tx *gcp.Transaction) error {
		snaps, err := tx.GetAll([]*gcp.DocumentRef{a, b})
		if err != nil || from == to {
			return err
		}
		if err := tx.Set(a, map[string]any{"n": snaps[0].Data()["n"].(int64) - int64(n)}); err != nil {
			return err
		}
		return tx.Set(b, map[string]any{"n": snaps[1].Data()["n"].(int64) + int64(n)})
	}, gcp.MaxAttempts(20))
}

// watchTotal fails when a snapshot does not add up.
func watchTotal(ctx context.Context, c *gcp.Client, total int64) error {
	it := c.Collection("accounts").Snapshots(ctx)
	defer it.Stop()
	for {
		snap, err := it.Next()
		if status.Code(err) == codes.Canceled || errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		docs, err := snap.Documents.GetAll()
		if err != nil {
			return err
		}
		if sum := add(docs); sum != total {
			return fmt.Errorf("a snapshot adds up to %d, not %d", sum, total)
		}
	}
}

func add(docs []*gcp.DocumentSnapshot) (sum int64) {
	for _, d := range docs {
		sum += d.Data()["n"].(int64)
	}
	return sum
}
