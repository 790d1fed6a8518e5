package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"lastmile/emulators/firestore/internal/store"
)

// Google's limits on requests.
const (
	maxRequest     = 10 << 20 // bytes
	maxBatchWrites = 500      // of BatchWrite; a commit has no such limit
)

// Commit applies all writes or none, in a transaction if the request names one.
func (a *api) Commit(ctx context.Context, req *pb.CommitRequest) (*pb.CommitResponse, error) {
	d, err := a.database(req.Database)
	if err != nil {
		return nil, err
	}
	if err := checkSize(req); err != nil {
		return nil, err
	}
	writes, err := parseWrites(d.name, req.Writes)
	if err != nil {
		return nil, err
	}
	receipt, err := d.commit(ctx, req.Transaction, writes)
	if err != nil {
		return nil, err
	}
	return &pb.CommitResponse{WriteResults: receipt.Results, CommitTime: receipt.At.Proto()}, nil
}

// commit returns when the writes are durable.
func (d *database) commit(ctx context.Context, transaction []byte, writes []store.Write) (*store.Receipt, error) {
	committer := d.txns.Commit
	if len(transaction) > 0 {
		t, err := d.txns.Find(transaction)
		if err != nil {
			return nil, err
		}
		committer = t.Commit
	}
	receipt, err := committer(ctx, writes)
	if err != nil {
		return nil, err
	}
	if err := receipt.Wait(); err != nil {
		return nil, status.Errorf(codes.Unavailable, "The commit could not be made durable: %v", err)
	}
	return receipt, nil
}

func checkSize(req proto.Message) error {
	if proto.Size(req) > maxRequest {
		return status.Errorf(codes.InvalidArgument, "Request payload size exceeds the limit: %d bytes.", maxRequest)
	}
	return nil
}

func parseWrites(database string, ws []*pb.Write) ([]store.Write, error) {
	writes := make([]store.Write, len(ws))
	for i, w := range ws {
		var err error
		if writes[i], err = store.NewWrite(database, w); err != nil {
			return nil, err
		}
	}
	return writes, nil
}

// BatchWrite applies each write by itself.
func (a *api) BatchWrite(ctx context.Context, req *pb.BatchWriteRequest) (*pb.BatchWriteResponse, error) {
	d, err := a.database(req.Database)
	if err != nil {
		return nil, err
	}
	if err := checkSize(req); err != nil {
		return nil, err
	}
	if len(req.Writes) > maxBatchWrites {
		return nil, status.Errorf(codes.InvalidArgument, "maximum %d writes allowed per request", maxBatchWrites)
	}
	if err := checkDistinct(req.Writes); err != nil {
		return nil, err
	}
	return d.writeEach(ctx, req.Writes), nil
}

// writeEach waits for durability once, at the end.
func (d *database) writeEach(ctx context.Context, writes []*pb.Write) *pb.BatchWriteResponse {
	receipts := make([]*store.Receipt, len(writes))
	res := &pb.BatchWriteResponse{Status: make([]*spb.Status, len(writes))}
	for i, w := range writes {
		var err error
		receipts[i], err = d.writeOne(ctx, w)
		res.Status[i] = status.Convert(err).Proto()
	}
	for i, r := range receipts {
		result := &pb.WriteResult{}
		if r != nil {
			result = r.Results[0]
			if err := r.Wait(); err != nil {
				res.Status[i] = status.New(codes.Unavailable, err.Error()).Proto()
			}
		}
		res.WriteResults = append(res.WriteResults, result)
	}
	return res
}

func (d *database) writeOne(ctx context.Context, w *pb.Write) (*store.Receipt, error) {
	write, err := store.NewWrite(d.name, w)
	if err != nil {
		return nil, err
	}
	return d.txns.Commit(ctx, []store.Write{write})
}

func checkDistinct(writes []*pb.Write) error {
	seen := map[string]bool{}
	for _, w := range writes {
		target := w.GetUpdate().GetName() + w.GetDelete() + w.GetTransform().GetDocument()
		if seen[target] {
			return status.Errorf(codes.InvalidArgument, "The document %q is written more than once in a request.", target)
		}
		seen[target] = true
	}
	return nil
}
