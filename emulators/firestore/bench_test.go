package firestore_test

import (
	"fmt"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/firestore"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

const (
	database = "projects/p/databases/(default)"
	root     = database + "/documents"
)

// dial starts a server and returns the bare protocol to it.
func dial(t testing.TB, o firestore.Options) (*firestore.Server, pb.FirestoreClient) {
	srv, err := firestore.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return srv, connect(t, srv)
}

func connect(t testing.TB, srv *firestore.Server) pb.FirestoreClient {
	conn, err := grpc.NewClient(srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return pb.NewFirestoreClient(conn)
}

func courier(i, round int) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{
		Name: fmt.Sprint(root, "/couriers/", i),
		Fields: map[string]*pb.Value{
			"zone": valuetest.Text(fmt.Sprint("zone-", i%100)), "score": valuetest.Int(int64(i * 7919 % 20_000)),
			"round": valuetest.Int(int64(round)), "name": valuetest.Text(fmt.Sprint("Courier ", i)), "active": valuetest.Bool(i%3 == 0),
			"lat": valuetest.Double(52.5), "lng": valuetest.Double(13.4), "joined": valuetest.Time(timestamppb.New(time.Unix(1_700_000_000, 0))),
			"tags": valuetest.Array(valuetest.Text("bike"), valuetest.Text("late")),
		},
	}}}
}

func BenchmarkCommitOf500Documents(b *testing.B) {
	_, rpc := dial(b, firestore.Options{})
	b.ReportAllocs()
	for round := 0; b.Loop(); round++ {
		req := &pb.CommitRequest{Database: database}
		for i := range 500 {
			req.Writes = append(req.Writes, courier(i, round))
		}
		_, err := rpc.Commit(b.Context(), req)
		require.NoError(b, err)
	}
}

func BenchmarkCommitOfOneDocument(b *testing.B) {
	_, rpc := dial(b, firestore.Options{})
	b.ReportAllocs()
	for round := 0; b.Loop(); round++ {
		_, err := rpc.Commit(b.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{courier(round%1000, round)}})
		require.NoError(b, err)
	}
}
