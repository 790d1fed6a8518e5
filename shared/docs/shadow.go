package docs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/shared/shadow"
)

// Shadowing happens on the wire, below all that commits: nothing can go past it.
//
// In a dry handling no commit leaves: it is noted and answered as made. Reads see
// the state just before the other handling's first commit, so that both decide
// on the same. They do not see what the dry handling itself committed.
//
// A live handling keeps its effects in its record, in the very commit that makes
// them.

// shadowUnary keeps the commits of a dry handling, and records those of a live
// one.
func shadowUnary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	h := shadow.Of(ctx)
	if h == nil {
		return invoke(ctx, method, req, reply, conn, opts...)
	}
	if h.Dry {
		return pretend(h, method, req, reply)
	}
	if c, ok := req.(*firestorepb.CommitRequest); ok {
		req = recorded(h, c)
	}
	return invoke(ctx, method, req, reply, conn, opts...)
}

// pretend answers req without an effect.
func pretend(h *shadow.Handling, method string, req, reply any) error {
	switch r := req.(type) {
	case *firestorepb.BeginTransactionRequest:
		reply.(*firestorepb.BeginTransactionResponse).Transaction = []byte("dry")
		return nil
	case *firestorepb.RollbackRequest:
		return nil
	case *firestorepb.CommitRequest:
		h.Note(effectsOf(r.Writes))
		at := timestamppb.New(h.Before)
		answer := reply.(*firestorepb.CommitResponse)
		answer.CommitTime = at
		for range r.Writes {
			answer.WriteResults = append(answer.WriteResults, &firestorepb.WriteResult{UpdateTime: at})
		}
		return nil
	}
	return status.Errorf(codes.Unimplemented, "%s has no dry form", method)
}

// recorded returns c with one more write: its effects, into the handling's
// record.
func recorded(h *shadow.Handling, c *firestorepb.CommitRequest) *firestorepb.CommitRequest {
	effects := effectsOf(c.Writes)
	if len(effects) == 0 {
		return c
	}
	values := make(map[string]*firestorepb.Value, len(effects))
	mask := &firestorepb.DocumentMask{}
	for digest, words := range effects {
		values[digest] = &firestorepb.Value{ValueType: &firestorepb.Value_StringValue{StringValue: words}}
		mask.FieldPaths = append(mask.FieldPaths, "live.effects."+digest)
	}
	live := mapValue(map[string]*firestorepb.Value{"effects": mapValue(values)})
	record := &firestorepb.Write{
		UpdateMask: mask,
		Operation: &firestorepb.Write_Update{Update: &firestorepb.Document{
			Name:   c.Database + "/documents/" + h.Record,
			Fields: map[string]*firestorepb.Value{"live": live},
		}},
	}
	return &firestorepb.CommitRequest{
		Database: c.Database, Transaction: c.Transaction, Writes: append(slices.Clip(c.Writes), record),
	}
}

func mapValue(fields map[string]*firestorepb.Value) *firestorepb.Value {
	return &firestorepb.Value{ValueType: &firestorepb.Value_MapValue{MapValue: &firestorepb.MapValue{Fields: fields}}}
}

// shadowStream has the reads of a dry handling see its time.
func shadowStream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := stream(ctx, desc, conn, method, opts...)
	if err != nil || !shadow.Dry(ctx) {
		return s, err
	}
	return &pastStream{ClientStream: s, at: timestamppb.New(shadow.Of(ctx).Before)}, nil
}

type pastStream struct {
	grpc.ClientStream
	at *timestamppb.Timestamp
}

func (s *pastStream) SendMsg(m any) error {
	switch r := m.(type) {
	case *firestorepb.BatchGetDocumentsRequest:
		r.ConsistencySelector = &firestorepb.BatchGetDocumentsRequest_ReadTime{ReadTime: s.at}
	case *firestorepb.RunQueryRequest:
		r.ConsistencySelector = &firestorepb.RunQueryRequest_ReadTime{ReadTime: s.at}
	case *firestorepb.RunAggregationQueryRequest:
		r.ConsistencySelector = &firestorepb.RunAggregationQueryRequest_ReadTime{ReadTime: s.at}
	default:
		return fmt.Errorf("%T has no dry form", m)
	}
	return s.ClientStream.SendMsg(m)
}

// relative returns a document's path below its database.
func relative(name string) string {
	_, path, _ := strings.Cut(name, "/documents/")
	return path
}
