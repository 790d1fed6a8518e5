package firestore

import (
	"context"
	"crypto/rand"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/emptypb"

	"lastmile/emulators/firestore/internal/name"
)

// CreateDocument adds a document, under an id of our choice if it has none.
func (a *api) CreateDocument(ctx context.Context, req *pb.CreateDocumentRequest) (*pb.Document, error) {
	id := req.DocumentId
	if id == "" {
		id = rand.Text()
	}
	doc := &pb.Document{
		Name:   req.Parent + "/" + req.CollectionId + "/" + id,
		Fields: req.GetDocument().GetFields(),
	}
	return a.mutate(ctx, doc.Name, req.Mask, &pb.Write{
		Operation:       &pb.Write_Update{Update: doc},
		CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: false}},
	})
}

// UpdateDocument changes or adds a document.
func (a *api) UpdateDocument(ctx context.Context, req *pb.UpdateDocumentRequest) (*pb.Document, error) {
	return a.mutate(ctx, req.GetDocument().GetName(), req.Mask, &pb.Write{
		Operation:       &pb.Write_Update{Update: req.Document},
		UpdateMask:      req.UpdateMask,
		CurrentDocument: req.CurrentDocument,
	})
}

// DeleteDocument removes a document.
func (a *api) DeleteDocument(ctx context.Context, req *pb.DeleteDocumentRequest) (*emptypb.Empty, error) {
	_, err := a.mutate(ctx, req.Name, nil, &pb.Write{
		Operation:       &pb.Write_Delete{Delete: req.Name},
		CurrentDocument: req.CurrentDocument,
	})
	return &emptypb.Empty{}, err
}

// mutate commits one write to the document full and reads it back.
func (a *api) mutate(ctx context.Context, full string, m *pb.DocumentMask, w *pb.Write) (*pb.Document, error) {
	of, key, err := name.Document(full)
	if err != nil {
		return nil, err
	}
	d, err := a.database(of)
	if err != nil {
		return nil, err
	}
	mask, err := maskOf(m)
	if err != nil {
		return nil, err
	}
	if err := checkSize(w); err != nil {
		return nil, err
	}
	writes, err := parseWrites(d.name, []*pb.Write{w})
	if err != nil {
		return nil, err
	}
	receipt, err := d.commit(ctx, nil, writes)
	if err != nil || w.GetUpdate() == nil {
		return nil, err
	}
	docs, _, err := d.store.Get([]name.Key{key}, receipt.At)
	if err != nil {
		return nil, err
	}
	return mask.apply(docs[0]), nil
}
