package firestore

import (
	"context"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
)

// ListDocuments lists a collection, also documents that are missing but have
// descendants when asked for.
func (a *api) ListDocuments(ctx context.Context, req *pb.ListDocumentsRequest) (*pb.ListDocumentsResponse, error) {
	full, parent, err := name.Parent(req.Parent)
	if err != nil {
		return nil, err
	}
	d, err := a.database(full)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.PageSize)
	if err != nil {
		return nil, err
	}
	mask, err := maskOf(req.Mask)
	if err != nil {
		return nil, err
	}
	if req.ShowMissing {
		return d.listMissing(req, parent, size, mask)
	}
	return d.listQuery(ctx, req, size, mask)
}

// listMissing pages by the id of the last document.
func (d *database) listMissing(req *pb.ListDocumentsRequest, parent name.Key, size int, mask mask) (*pb.ListDocumentsResponse, error) {
	if req.OrderBy != "" {
		return nil, status.Error(codes.InvalidArgument, "show_missing cannot be combined with order_by.")
	}
	if err := name.CheckID(req.CollectionId); err != nil {
		return nil, err
	}
	collection := parent.Child(req.CollectionId)
	var after name.Key
	if req.PageToken != "" {
		after = collection.Child(req.PageToken)
	}
	children, err := d.store.Children(collection, after, size+1, readTime(req))
	if err != nil {
		return nil, err
	}
	res := &pb.ListDocumentsResponse{}
	if len(children) > size {
		children = children[:size]
		res.NextPageToken = children[size-1].Key.ID()
	}
	for _, c := range children {
		doc := &pb.Document{Name: c.Key.Full(d.name)}
		if c.Doc != nil {
			doc = mask.apply(c.Doc)
		}
		res.Documents = append(res.Documents, doc)
	}
	return res, nil
}

// listQuery pages by a cursor behind the last document.
func (d *database) listQuery(ctx context.Context, req *pb.ListDocumentsRequest, size int, mask mask) (*pb.ListDocumentsResponse, error) {
	sq := &pb.StructuredQuery{
		From:    []*pb.StructuredQuery_CollectionSelector{{CollectionId: req.CollectionId}},
		OrderBy: orderBy(req.OrderBy),
		Limit:   wrapperspb.Int32(int32(size) + 1),
	}
	var err error
	if sq.StartAt, err = parseToken(req.PageToken); err != nil {
		return nil, err
	}
	q, err := query.New(req.Parent, sq)
	if err != nil {
		return nil, err
	}
	r, _, err := d.reader(req)
	if err != nil {
		return nil, err
	}
	result, err := r.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	return listing(q, result, size, mask), nil
}

func listing(q *query.Query, result *store.Result, size int, mask mask) *pb.ListDocumentsResponse {
	res := &pb.ListDocumentsResponse{}
	docs := slices.Collect(result.Docs())
	if len(docs) > size {
		docs = docs[:size]
		res.NextPageToken = token(q.CursorAfter(docs[size-1]))
	}
	for _, doc := range docs {
		res.Documents = append(res.Documents, mask.apply(doc))
	}
	return res
}

// orderBy reads "a desc, b".
func orderBy(text string) (orders []*pb.StructuredQuery_Order) {
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		field, direction, _ := strings.Cut(strings.TrimSpace(part), " ")
		o := &pb.StructuredQuery_Order{
			Field:     &pb.StructuredQuery_FieldReference{FieldPath: field},
			Direction: pb.StructuredQuery_ASCENDING,
		}
		if strings.EqualFold(strings.TrimSpace(direction), "desc") {
			o.Direction = pb.StructuredQuery_DESCENDING
		}
		orders = append(orders, o)
	}
	return orders
}

// ListCollectionIds lists the collections right below a document or the root;
// a page's token is its last id.
func (a *api) ListCollectionIds(_ context.Context, req *pb.ListCollectionIdsRequest) (*pb.ListCollectionIdsResponse, error) {
	full, parent, err := name.Parent(req.Parent)
	if err != nil {
		return nil, err
	}
	d, err := a.database(full)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.PageSize)
	if err != nil {
		return nil, err
	}
	ids, err := d.store.Collections(parent, req.PageToken, size+1, readTime(req))
	if err != nil {
		return nil, err
	}
	res := &pb.ListCollectionIdsResponse{CollectionIds: ids}
	if len(ids) > size {
		res.CollectionIds = ids[:size]
		res.NextPageToken = ids[size-1]
	}
	return res, nil
}
