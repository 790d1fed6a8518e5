package store

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// Restore puts back documents that a journal kept. It is called before the
// store serves anybody.
func (s *Store) Restore(docs []*pb.Document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, doc := range docs {
		_, k, err := name.Document(doc.Name)
		if err != nil {
			return err
		}
		at := TimeOf(doc.UpdateTime)
		s.last.Store(max(s.last.Load(), int64(at)))
		if doc.CreateTime == nil {
			doc = nil
		}
		s.install(k, doc, value.DocumentSize(k.Full(s.database), doc.GetFields()), at)
	}
	s.forget()
	return nil
}

// forget drops all history: only the newest versions stay.
func (s *Store) forget() {
	s.drop(s.history.take(len(s.history.versions)))
	s.history.floor = Time(s.last.Load())
}

// Freeze calls cut and returns all documents, with no commit in between.
func (s *Store) Freeze(cut func()) []*pb.Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	cut()
	docs := make([]*pb.Document, 0, s.live)
	for _, r := range s.docs.Range("", "") {
		if r.head.doc != nil {
			docs = append(docs, r.head.doc)
		}
	}
	return docs
}

// Keep makes every commit durable in j. It is called before the store serves
// anybody.
func (s *Store) Keep(j Journal) { s.journal = j }
