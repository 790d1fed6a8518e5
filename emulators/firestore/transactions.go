package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// BeginTransaction starts a transaction.
func (a *api) BeginTransaction(_ context.Context, req *pb.BeginTransactionRequest) (*pb.BeginTransactionResponse, error) {
	d, err := a.database(req.Database)
	if err != nil {
		return nil, err
	}
	t, err := d.txns.Begin(req.Options)
	if err != nil {
		return nil, err
	}
	return &pb.BeginTransactionResponse{Transaction: t.ID()}, nil
}

// Rollback ends a transaction; one that has ended already is no error.
func (a *api) Rollback(_ context.Context, req *pb.RollbackRequest) (*emptypb.Empty, error) {
	d, err := a.database(req.Database)
	if err != nil {
		return nil, err
	}
	d.txns.Rollback(req.Transaction)
	return &emptypb.Empty{}, nil
}
