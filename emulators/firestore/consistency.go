package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
)

// reader reads at some consistency: in a transaction or at a time.
type reader interface {
	Get(context.Context, []name.Key) ([]*pb.Document, store.Time, error)
	Query(context.Context, *query.Query) (*store.Result, error)
}

// snapshot reads at a time, outside transactions.
type snapshot struct {
	store *store.Store
	at    store.Time
}

func (s snapshot) Get(_ context.Context, keys []name.Key) ([]*pb.Document, store.Time, error) {
	return s.store.Get(keys, s.at)
}

func (s snapshot) Query(_ context.Context, q *query.Query) (*store.Result, error) {
	return s.store.Query(q, s.at)
}

// Requests say at which consistency they read by these, where they can.
type (
	inTransaction    interface{ GetTransaction() []byte }
	inNewTransaction interface {
		GetNewTransaction() *pb.TransactionOptions
	}
	atTime interface {
		GetReadTime() *timestamppb.Timestamp
	}
)

// reader returns what req is to read with, and the id of the transaction that
// it began, if it did.
func (d *database) reader(req any) (r reader, began []byte, err error) {
	if q, ok := req.(inTransaction); ok && len(q.GetTransaction()) > 0 {
		t, err := d.txns.Find(q.GetTransaction())
		return t, nil, err
	}
	if q, ok := req.(inNewTransaction); ok && q.GetNewTransaction() != nil {
		t, err := d.txns.Begin(q.GetNewTransaction())
		if err != nil {
			return nil, nil, err
		}
		return t, t.ID(), nil
	}
	return snapshot{d.store, readTime(req)}, nil, nil
}

// readTime is the time that req asks for, by default the latest.
func readTime(req any) store.Time {
	if q, ok := req.(atTime); ok && q.GetReadTime() != nil {
		return store.TimeOf(q.GetReadTime())
	}
	return store.Latest
}
