package store

import (
	"fmt"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// Restore puts back encoded documents that a journal kept. One without a
// creation time was deleted. It is called before the store serves anybody.
func (s *Store) Restore(docs [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, wire := range docs {
		doc := &pb.Document{}
		if err := proto.Unmarshal(wire, doc); err != nil {
			return fmt.Errorf("restore document: %w", err)
		}
		_, k, err := name.Document(doc.Name)
		if err != nil {
			return err
		}
		at := TimeOf(doc.UpdateTime)
		s.last.Store(max(s.last.Load(), int64(at)))
		if doc.CreateTime == nil {
			doc, wire = nil, nil
		}
		s.install(k, doc, wire, value.DocumentSize(k.Full(s.database), doc.GetFields()), at)
	}
	s.forget()
	return nil
}

// forget drops all history: only the newest versions stay.
func (s *Store) forget() {
	s.drop(s.history.take(len(s.history.versions)))
	s.history.floor = Time(s.last.Load())
}

// Freeze calls cut and returns all documents, encoded, with no commit in
// between.
func (s *Store) Freeze(cut func()) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	cut()
	docs := make([][]byte, 0, s.live)
	for _, r := range s.docs.Range("", "") {
		if r.head.exists() {
			docs = append(docs, r.head.wire)
		}
	}
	return docs
}

// Keep makes every commit durable in j. It is called before the store serves
// anybody.
func (s *Store) Keep(j Journal) { s.journal = j }
