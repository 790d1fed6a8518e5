package firestore

import (
	"context"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/schema"
	"lastmile/emulators/firestore/internal/store"
)

// sweepSize is how many expired documents are deleted between two looks.
const sweepSize = 500

// sweepTime bounds the wait for locks of one sweep.
const sweepTime = 10 * time.Second

// expire deletes the documents of d whose TTL field is past.
func (a *api) expire(d *database) error {
	expiries, err := a.schema.Load().Expiries()
	if err != nil {
		return err
	}
	for _, e := range expiries {
		for {
			n, err := d.sweep(e, a.options.Now())
			if err != nil {
				return err
			}
			if n < sweepSize {
				break
			}
		}
	}
	return nil
}

// sweep deletes some documents that expire by e and tells how many it found.
func (d *database) sweep(e schema.Expiry, now time.Time) (found int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), sweepTime)
	defer cancel()
	q, err := query.New(d.name+"/documents", expired(e, now))
	if err != nil {
		return 0, err
	}
	result, err := d.store.Query(q, store.Latest)
	if err != nil {
		return 0, err
	}
	for k, at := range result.Keys() {
		if err := d.deleteUnchanged(ctx, k, at); err != nil {
			return 0, err
		}
	}
	return result.Count(), nil
}

// deleteUnchanged leaves the document alone if somebody writes to it first.
func (d *database) deleteUnchanged(ctx context.Context, k name.Key, at store.Time) error {
	_, err := d.writeOne(ctx, &pb.Write{
		Operation:       &pb.Write_Delete{Delete: k.Full(d.name)},
		CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: at.Proto()}},
	})
	switch status.Code(err) {
	case codes.NotFound, codes.FailedPrecondition:
		return nil
	}
	return err
}

func expired(e schema.Expiry, now time.Time) *pb.StructuredQuery {
	return &pb.StructuredQuery{
		From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: e.Group, AllDescendants: true}},
		Where: &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{
			FieldFilter: &pb.StructuredQuery_FieldFilter{
				Field: &pb.StructuredQuery_FieldReference{FieldPath: e.Path.String()},
				Op:    pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL,
				Value: &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: timestamppb.New(now)}},
			},
		}},
		Limit: wrapperspb.Int32(sweepSize),
	}
}
