package firestore

import (
	"encoding/binary"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/store"
)

// target is what a client listens to: a query, or documents by name.
type target struct {
	id      int32
	query   *query.Query // nil: documents
	keys    []name.Key
	wanted  map[name.Key]string       // keys with their full names
	known   map[name.Key]*pb.Document // what the client has
	resumed bool                      // the client had something before
}

func (l *listener) newTarget(pt *pb.Target) (*target, error) {
	t := &target{id: pt.GetTargetId(), known: map[name.Key]*pb.Document{}}
	if t.id == 0 {
		l.lastID++
		t.id = l.lastID
	}
	if l.targets[t.id] != nil {
		return nil, status.Errorf(codes.InvalidArgument, "Target %d is in use on this stream.", t.id)
	}
	var err error
	switch what := pt.GetTargetType().(type) {
	case *pb.Target_Query:
		_, t.query, err = l.api.query(what.Query.GetParent(), what.Query.GetStructuredQuery(), nil)
	case *pb.Target_Documents:
		err = t.want(l.database, what.Documents.GetDocuments())
	default:
		err = status.Error(codes.InvalidArgument, "A target must be a query or documents.")
	}
	return t, err
}

func (t *target) want(d *database, documents []string) error {
	keys, names, err := d.distinct(documents)
	if err != nil {
		return err
	}
	t.keys, t.wanted = keys, map[name.Key]string{}
	for i, k := range keys {
		t.wanted[k] = names[i]
	}
	return nil
}

// evaluate returns the documents of the target at a time.
func (t *target) evaluate(s *store.Store, at store.Time) (map[name.Key]*pb.Document, error) {
	found := map[name.Key]*pb.Document{}
	if t.query == nil {
		docs, _, err := s.Get(t.keys, at)
		for i, doc := range docs {
			if doc != nil {
				found[t.keys[i]] = doc
			}
		}
		return found, err
	}
	result, err := s.Query(t.query, at)
	if err != nil {
		return nil, err
	}
	for doc := range result.Docs() {
		_, k, err := name.Document(doc.Name)
		if err != nil {
			return nil, err
		}
		found[k] = doc
	}
	return found, nil
}

// limited tells whether one document's change can affect another's membership.
func (t *target) limited() bool {
	return t.query != nil && (t.query.Limit >= 0 || t.query.Offset > 0)
}

func (t *target) concerns(changes []store.Change) bool {
	for _, c := range changes {
		if t.query.Scope.In(c.Key) {
			return true
		}
	}
	return false
}

// matches tells whether a changed document belongs to the target now.
func (t *target) matches(c store.Change) bool {
	switch {
	case c.Doc == nil:
		return false
	case t.query == nil:
		return t.wanted[c.Key] != ""
	}
	return t.query.Match(c.Key, c.Doc)
}

// apply follows changes, one document at a time.
func (t *target) apply(changes []store.Change, l *listener) (messages []*pb.ListenResponse) {
	for _, c := range changes {
		if t.matches(c) {
			t.known[c.Key] = c.Doc
			messages = append(messages, t.changed(c.Doc))
		} else if old := t.known[c.Key]; old != nil {
			delete(t.known, c.Key)
			messages = append(messages, t.gone(old.Name, c.Doc == nil, l.sent))
		}
	}
	return messages
}

// diff makes now what the client knows.
func (t *target) diff(now map[name.Key]*pb.Document, l *listener) (messages []*pb.ListenResponse) {
	for k, old := range t.known {
		if now[k] == nil {
			messages = append(messages, t.gone(old.Name, l.database.store.Deleted(k, l.sent), l.sent))
		}
	}
	for k, doc := range now {
		if old := t.known[k]; old == nil || store.TimeOf(old.UpdateTime) != store.TimeOf(doc.UpdateTime) {
			messages = append(messages, t.changed(doc))
		}
	}
	for k, full := range t.wanted {
		if now[k] == nil && t.known[k] == nil && !t.resumed {
			messages = append(messages, t.gone(full, true, l.sent))
		}
	}
	t.known = now
	return messages
}

func (t *target) changed(doc *pb.Document) *pb.ListenResponse {
	if t.query != nil {
		doc = mask(t.query.Projection).apply(doc)
	}
	return &pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentChange{
		DocumentChange: &pb.DocumentChange{Document: doc, TargetIds: []int32{t.id}},
	}}
}

// gone says that a document is deleted, or no longer part of the target.
func (t *target) gone(full string, deleted bool, at store.Time) *pb.ListenResponse {
	ids := []int32{t.id}
	if deleted {
		return &pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentDelete{
			DocumentDelete: &pb.DocumentDelete{Document: full, RemovedTargetIds: ids, ReadTime: at.Proto()},
		}}
	}
	return &pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentRemove{
		DocumentRemove: &pb.DocumentRemove{Document: full, RemovedTargetIds: ids, ReadTime: at.Proto()},
	}}
}

// A resume token is the time up to which the client knows everything.
func resumeToken(at store.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(at)) }

func resumePoint(pt *pb.Target) (since store.Time, ok bool) {
	switch from := pt.GetResumeType().(type) {
	case *pb.Target_ResumeToken:
		if len(from.ResumeToken) == 8 {
			return store.Time(binary.BigEndian.Uint64(from.ResumeToken)), true
		}
	case *pb.Target_ReadTime:
		return store.TimeOf(from.ReadTime), true
	}
	return 0, false
}
