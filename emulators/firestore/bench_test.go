package firestore_test

import (
	"fmt"
	"sync/atomic"
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
	for name, o := range map[string]firestore.Options{"memory": {}, "durable": {Dir: b.TempDir()}} {
		b.Run(name, func(b *testing.B) {
			_, rpc := dial(b, o)
			var serial atomic.Int64
			b.SetParallelism(8)
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					i := int(serial.Add(1))
					_, err := rpc.Commit(b.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{courier(i%1000, i)}})
					require.NoError(b, err)
				}
			})
		})
	}
}

func BenchmarkQueryOf200In20000(b *testing.B) {
	rpc := withCouriers(b, 20_000)
	b.ReportAllocs()
	for b.Loop() {
		stream, err := rpc.RunQuery(b.Context(), &pb.RunQueryRequest{Parent: root, QueryType: &pb.RunQueryRequest_StructuredQuery{
			StructuredQuery: zoneByScore("zone-7"),
		}})
		require.NoError(b, err)
		n := 0
		for {
			if _, err = stream.Recv(); err != nil {
				break
			}
			n++
		}
		require.Equal(b, 200, n)
	}
}

func BenchmarkCountOf20000(b *testing.B) {
	rpc := withCouriers(b, 20_000)
	b.ReportAllocs()
	for b.Loop() {
		stream, err := rpc.RunAggregationQuery(b.Context(), &pb.RunAggregationQueryRequest{Parent: root, QueryType: &pb.RunAggregationQueryRequest_StructuredAggregationQuery{
			StructuredAggregationQuery: &pb.StructuredAggregationQuery{
				QueryType: &pb.StructuredAggregationQuery_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
					From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "couriers"}},
				}},
				Aggregations: []*pb.StructuredAggregationQuery_Aggregation{{Alias: "n", Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{
					Count: &pb.StructuredAggregationQuery_Aggregation_Count{}}}},
			},
		}})
		require.NoError(b, err)
		answer, err := stream.Recv()
		require.NoError(b, err)
		require.EqualValues(b, 20_000, answer.Result.AggregateFields["n"].GetIntegerValue())
	}
}

// withCouriers starts a server that has so many thousands of documents.
func withCouriers(b *testing.B, n int) pb.FirestoreClient {
	_, rpc := dial(b, firestore.Options{})
	for from := 0; from < n; from += 1000 {
		req := &pb.CommitRequest{Database: database}
		for i := range 1000 {
			req.Writes = append(req.Writes, courier(from+i, 0))
		}
		_, err := rpc.Commit(b.Context(), req)
		require.NoError(b, err)
	}
	return rpc
}

func zoneByScore(zone string) *pb.StructuredQuery {
	return &pb.StructuredQuery{
		From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "couriers"}},
		Where: &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{FieldFilter: &pb.StructuredQuery_FieldFilter{
			Field: &pb.StructuredQuery_FieldReference{FieldPath: "zone"}, Op: pb.StructuredQuery_FieldFilter_EQUAL, Value: valuetest.Text(zone)}}},
		OrderBy: []*pb.StructuredQuery_Order{{Field: &pb.StructuredQuery_FieldReference{FieldPath: "score"}, Direction: pb.StructuredQuery_DESCENDING}},
	}
}
