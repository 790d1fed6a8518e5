package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
)

// RunQuery streams a query's result, one document a message.
func (a *api) RunQuery(req *pb.RunQueryRequest, stream pb.Firestore_RunQueryServer) error {
	d, q, err := a.query(req.Parent, req.GetStructuredQuery(), nil)
	if err != nil {
		return err
	}
	r, began, err := d.reader(req)
	if err != nil {
		return err
	}
	result, err := r.Query(stream.Context(), q)
	if err != nil {
		return err
	}
	at := result.Read.Proto()
	if began != nil || len(result.Docs) == 0 || result.Skipped > 0 {
		first := &pb.RunQueryResponse{Transaction: began, ReadTime: at, SkippedResults: int32(result.Skipped)}
		if err := stream.Send(first); err != nil {
			return err
		}
	}
	fields := mask(q.Projection)
	for _, doc := range result.Docs {
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
	r, began, err := d.reader(req)
	if err != nil {
		return err
	}
	result, err := r.Query(stream.Context(), q)
	if err != nil {
		return err
	}
	return stream.Send(&pb.RunAggregationQueryResponse{
		Transaction: began,
		ReadTime:    result.Read.Proto(),
		Result:      agg.Over(result.Docs),
	})
}

// PartitionQuery returns cursors that divide a collection group about evenly.
func (a *api) PartitionQuery(ctx context.Context, req *pb.PartitionQueryRequest) (*pb.PartitionQueryResponse, error) {
	d, q, err := a.query(req.Parent, req.GetStructuredQuery(), nil)
	if err != nil {
		return nil, err
	}
	result, err := snapshot{d.store, readTime(req)}.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	res := &pb.PartitionQueryResponse{}
	total, parts := len(result.Docs), int(req.PartitionCount)+1
	for i := 1; i < parts; i++ {
		if at := total * i / parts; at > total*(i-1)/parts {
			c := q.CursorAfter(result.Docs[at])
			c.Before = true
			res.Partitions = append(res.Partitions, c)
		}
	}
	return res, nil
}
