package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// GetDocument reads one document.
func (a *api) GetDocument(ctx context.Context, req *pb.GetDocumentRequest) (*pb.Document, error) {
	full, key, err := name.Document(req.Name)
	if err != nil {
		return nil, err
	}
	d, err := a.database(full)
	if err != nil {
		return nil, err
	}
	mask, err := maskOf(req.Mask)
	if err != nil {
		return nil, err
	}
	r, _, err := d.reader(req)
	if err != nil {
		return nil, err
	}
	docs, _, err := r.Get(ctx, []name.Key{key})
	if err != nil {
		return nil, err
	}
	if docs[0] == nil {
		return nil, status.Errorf(codes.NotFound, "Document %q not found.", req.Name)
	}
	return mask.apply(docs[0]), nil
}

// BatchGetDocuments reads documents, each once, at one time.
func (a *api) BatchGetDocuments(req *pb.BatchGetDocumentsRequest, stream pb.Firestore_BatchGetDocumentsServer) error {
	d, err := a.database(req.Database)
	if err != nil {
		return err
	}
	keys, names, err := d.distinct(req.Documents)
	if err != nil {
		return err
	}
	mask, err := maskOf(req.Mask)
	if err != nil {
		return err
	}
	r, began, err := d.reader(req)
	if err != nil {
		return err
	}
	docs, read, err := r.Get(stream.Context(), keys)
	if err != nil {
		return err
	}
	if began != nil {
		if err := stream.Send(&pb.BatchGetDocumentsResponse{Transaction: began}); err != nil {
			return err
		}
	}
	at := read.Proto()
	for i, doc := range docs {
		res := &pb.BatchGetDocumentsResponse{ReadTime: at}
		if doc == nil {
			res.Result = &pb.BatchGetDocumentsResponse_Missing{Missing: names[i]}
		} else {
			res.Result = &pb.BatchGetDocumentsResponse_Found{Found: mask.apply(doc)}
		}
		if err := stream.Send(res); err != nil {
			return err
		}
	}
	return nil
}

// distinct parses the names of documents in d and drops repetitions.
func (d *database) distinct(documents []string) (keys []name.Key, names []string, err error) {
	seen := make(map[string]bool, len(documents))
	for _, full := range documents {
		if seen[full] {
			continue
		}
		seen[full] = true
		of, key, err := name.Document(full)
		if err != nil {
			return nil, nil, err
		}
		if of != d.name {
			return nil, nil, status.Errorf(codes.InvalidArgument, "The document %q is not in the database %q.", full, d.name)
		}
		keys, names = append(keys, key), append(names, full)
	}
	return keys, names, nil
}

// mask selects fields of a document; a nil mask is all of them.
type mask []value.Path

func maskOf(m *pb.DocumentMask) (mask, error) {
	if m == nil {
		return nil, nil
	}
	paths := mask{}
	for _, s := range m.FieldPaths {
		if s == value.Name {
			continue
		}
		p, err := value.ParsePath(s)
		if err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	return paths, nil
}

func (m mask) apply(doc *pb.Document) *pb.Document {
	if m == nil {
		return doc
	}
	return &pb.Document{
		Name:       doc.Name,
		Fields:     value.Project(doc.Fields, m),
		CreateTime: doc.CreateTime,
		UpdateTime: doc.UpdateTime,
	}
}
