package store

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// Write is one checked write.
type Write struct {
	Key name.Key

	full         string
	fields       map[string]*pb.Value // nil: keep what is there
	remove       bool
	masked       bool
	mask         []value.Path
	transforms   []transform
	precondition *pb.Precondition
}

type transform struct {
	path value.Path
	what *pb.DocumentTransform_FieldTransform
}

// NewWrite checks w, a write to database. The store keeps w's values.
func NewWrite(database string, w *pb.Write) (Write, error) {
	n := Write{precondition: w.GetCurrentDocument()}
	transforms := w.GetUpdateTransforms()
	switch op := w.GetOperation().(type) {
	case *pb.Write_Update:
		n.full = op.Update.GetName()
		n.fields = op.Update.GetFields()
		if n.fields == nil {
			n.fields = map[string]*pb.Value{}
		}
	case *pb.Write_Delete:
		n.full, n.remove = op.Delete, true
	case *pb.Write_Transform:
		n.full = op.Transform.GetDocument()
		transforms = op.Transform.GetFieldTransforms()
	default:
		return n, status.Error(codes.InvalidArgument, "A write must be an update, a delete or a transform.")
	}
	if err := n.locate(database); err != nil {
		return n, err
	}
	if err := n.readMask(w.GetUpdateMask()); err != nil {
		return n, err
	}
	if err := n.readTransforms(transforms); err != nil {
		return n, err
	}
	return n, value.Check(n.fields)
}

func (w *Write) locate(database string) (err error) {
	var of string
	if of, w.Key, err = name.Document(w.full); err != nil {
		return err
	}
	if of != database {
		return status.Errorf(codes.InvalidArgument, "The document %q is not in the database %q.", w.full, database)
	}
	return nil
}

func (w *Write) readMask(mask *pb.DocumentMask) error {
	if mask == nil || w.fields == nil {
		return nil
	}
	w.masked = true
	for _, s := range mask.FieldPaths {
		path, err := value.ParsePath(s)
		if err != nil {
			return err
		}
		w.mask = append(w.mask, path)
	}
	return nil
}

func (w *Write) readTransforms(transforms []*pb.DocumentTransform_FieldTransform) error {
	for _, t := range transforms {
		path, err := value.ParsePath(t.GetFieldPath())
		if err != nil {
			return err
		}
		w.transforms = append(w.transforms, transform{path, t})
	}
	return nil
}

// check tests the precondition against the current document.
func (w *Write) check(doc *pb.Document) error {
	switch c := w.precondition.GetConditionType().(type) {
	case *pb.Precondition_Exists:
		if c.Exists && doc == nil {
			return status.Errorf(codes.NotFound, "No document to update: %s", w.full)
		}
		if !c.Exists && doc != nil {
			return status.Errorf(codes.AlreadyExists, "Document already exists: %s", w.full)
		}
	case *pb.Precondition_UpdateTime:
		if doc == nil {
			return status.Errorf(codes.NotFound, "No document to update: %s", w.full)
		}
		if stored, want := TimeOf(doc.UpdateTime), TimeOf(c.UpdateTime); stored != want {
			return status.Errorf(codes.FailedPrecondition,
				"The stored version (%d) of %s does not match the required base version (%d).", stored, w.full, want)
		}
	}
	return nil
}

// apply computes what the write makes of doc (nil: missing) and the answers
// of its transforms.
func (w *Write) apply(doc *pb.Document, at Time) (*pb.Document, []*pb.Value, error) {
	if w.remove {
		return nil, nil, nil
	}
	e := value.NewEditor(w.base(doc))
	if w.masked {
		w.merge(e)
	}
	answers, err := w.transform(e, at)
	if err != nil {
		return nil, nil, err
	}
	created := at.Proto()
	if doc != nil {
		created = doc.CreateTime
	}
	return &pb.Document{Name: w.full, Fields: e.Fields(), CreateTime: created, UpdateTime: at.Proto()}, answers, nil
}

// base is what the write starts from.
func (w *Write) base(doc *pb.Document) map[string]*pb.Value {
	if w.fields != nil && !w.masked {
		return w.fields
	}
	return doc.GetFields()
}

func (w *Write) merge(e *value.Editor) {
	for _, p := range w.mask {
		if v := p.Get(w.fields); v != nil {
			e.Set(p, v)
		} else {
			e.Delete(p)
		}
	}
}

func (w *Write) transform(e *value.Editor, at Time) (answers []*pb.Value, err error) {
	now := (at - at%1000).Proto() // server time is in milliseconds
	for _, t := range w.transforms {
		stored, answer, err := value.Transform(t.what, t.path.Get(e.Fields()), now)
		if err != nil {
			return nil, err
		}
		e.Set(t.path, stored)
		answers = append(answers, answer)
	}
	return answers, nil
}
