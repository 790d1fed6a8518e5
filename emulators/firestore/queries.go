package firestore

import (
	"context"
	"slices"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
)

// RunQuery streams a query's result, one document a message.
func (a *api) RunQuery(req *pb.RunQueryRequest, stream pb.Firestore_RunQueryServer) error {
	d, q, err := a.query(req.Parent, req.GetStructuredQuery(), nil)
	if err != nil {
		return err
	}
	if o := req.ExplainOptions; o != nil && !o.Analyze {
		return stream.Send(&pb.RunQueryResponse{ExplainMetrics: explain(q)})
	}
	r, began, err := d.reader(req)
	if err != nil {
		return err
	}
	start := time.Now()
	result, err := r.Query(stream.Context(), q)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if err := sendResult(stream, q, result, began); err != nil || req.ExplainOptions == nil {
		return err
	}
	n := result.Count()
	return stream.Send(&pb.RunQueryResponse{ExplainMetrics: analyze(explain(q), n, n+result.Skipped, took)})
}

// sendResult begins with a message without a document if there is something
// else to tell: a new transaction, an offset, or that there is no document.
func sendResult(stream pb.Firestore_RunQueryServer, q *query.Query, result *store.Result, began []byte) error {
	at := result.Read.Proto()
	if began != nil || result.Count() == 0 || result.Skipped > 0 {
		first := &pb.RunQueryResponse{Transaction: began, ReadTime: at, SkippedResults: int32(result.Skipped)}
		if err := stream.Send(first); err != nil {
			return err
		}
	}
	fields := mask(q.Projection)
	for doc := range result.Docs() {
		if err := stream.Send(&pb.RunQueryResponse{Document: fields.apply(doc), ReadTime: at}); err != nil {
			return err
		}
	}
	return nil
}

// query reads a query to the database of its parent, and refuses it if the
// declared indexes do not answer it.
func (a *api) query(parent string, sq *pb.StructuredQuery, aggregated []string) (*database, *query.Query, error) {
	full, _, err := name.Parent(parent)
	if err != nil {
		return nil, nil, err
	}
	d, err := a.database(full)
	if err != nil {
		return nil, nil, err
	}
	q, err := query.New(parent, sq)
	if err != nil {
		return nil, nil, err
	}
	return d, q, a.schema.Load().Check(q, aggregated)
}

// RunAggregationQuery counts, sums and averages over a query's result.
func (a *api) RunAggregationQuery(req *pb.RunAggregationQueryRequest, stream pb.Firestore_RunAggregationQueryServer) error {
	aq := req.GetStructuredAggregationQuery()
	agg, err := query.NewAggregation(aq.GetAggregations())
	if err != nil {
		return err
	}
	d, q, err := a.query(req.Parent, aq.GetStructuredQuery(), agg.Fields())
	if err != nil {
		return err
	}
	if o := req.ExplainOptions; o != nil && !o.Analyze {
		return stream.Send(&pb.RunAggregationQueryResponse{ExplainMetrics: explain(q)})
	}
	r, began, err := d.reader(req)
	if err != nil {
		return err
	}
	start := time.Now()
	result, err := r.Query(stream.Context(), q)
	if err != nil {
		return err
	}
	res := &pb.RunAggregationQueryResponse{Transaction: began, ReadTime: result.Read.Proto(), Result: agg.Over(result)}
	if req.ExplainOptions != nil {
		res.ExplainMetrics = analyze(explain(q), 1, result.Count()/1000, time.Since(start))
	}
	return stream.Send(res)
}

// PartitionQuery returns cursors that divide a collection group about evenly.
func (a *api) PartitionQuery(ctx context.Context, req *pb.PartitionQueryRequest) (*pb.PartitionQueryResponse, error) {
	if req.PartitionCount <= 0 {
		return nil, status.Errorf(codes.InvalidArgument, "partition_count must be greater than zero: %d", req.PartitionCount)
	}
	d, q, err := a.query(req.Parent, req.GetStructuredQuery(), nil)
	if err != nil {
		return nil, err
	}
	result, err := snapshot{d.store, readTime(req)}.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	docs := slices.Collect(result.Docs())
	parts := int(min(req.PartitionCount+1, int64(len(docs))))
	res := &pb.PartitionQueryResponse{}
	for i := 1; i < parts; i++ {
		c := q.CursorAfter(docs[len(docs)*i/parts])
		c.Before = true
		res.Partitions = append(res.Partitions, c)
	}
	return res, nil
}
