package store

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
)

// Get reads documents at a time; what is missing is nil.
func (s *Store) Get(keys []name.Key, at Time) (docs []*pb.Document, read Time, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if read, err = s.readTime(at); err != nil {
		return nil, 0, err
	}
	s.reads.Add(int64(len(keys)))
	docs = make([]*pb.Document, len(keys))
	for i, k := range keys {
		docs[i] = s.get(k, at)
	}
	return docs, read, nil
}

func (s *Store) get(k name.Key, at Time) *pb.Document { return s.document(s.version(k, at)) }

func (s *Store) version(k name.Key, at Time) *version {
	if r, ok := s.docs.Get(string(k)); ok {
		return r.read(at)
	}
	return nil
}

// readTime is the time an answer for at stands for. The caller holds mu.
func (s *Store) readTime(at Time) (Time, error) {
	now := s.tick()
	switch {
	case at == Latest:
		return now, nil
	case at > now:
		return 0, status.Error(codes.InvalidArgument, "The requested read time is in the future.")
	case at < s.history.floor || at < now-Time(window.Microseconds()):
		return 0, status.Error(codes.FailedPrecondition, "The requested snapshot version is too old.")
	}
	return at, nil
}

// Now returns a time that all earlier commits are before or at, and all later
// ones after.
func (s *Store) Now() Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tick()
}

// Child is a document of a collection. Doc is nil for a missing document that
// has descendants.
type Child struct {
	Key name.Key
	Doc *pb.Document
}

// Children lists a collection by name, with missing documents, beginning
// behind the document after ("" is the start).
func (s *Store) Children(collection, after name.Key, limit int, at Time) ([]Child, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, err := s.readTime(at); err != nil {
		return nil, err
	}
	lo, end := string(collection), behind(collection)
	if after != "" {
		lo = behind(after)
	}
	var children []Child
	for len(children) < limit {
		k, ok := s.liveIn(lo, end, at)
		if !ok {
			break
		}
		child := collection.Child(k.Next(collection))
		lo = behind(child)
		children = append(children, Child{child, s.get(child, at)})
	}
	return children, nil
}

// liveIn finds the first document that exists with a key from lo to hi.
func (s *Store) liveIn(lo, hi string, at Time) (name.Key, bool) {
	for _, r := range s.docs.Range(lo, hi) {
		if r.read(at).exists() {
			return r.key, true
		}
	}
	return "", false
}

// Collections lists the ids of the collections right below parent, behind the
// id after ("" is the start).
func (s *Store) Collections(parent name.Key, after string, limit int, at Time) (ids []string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, err := s.readTime(at); err != nil {
		return nil, err
	}
	lo, end := string(parent)+"\x01", behind(parent)
	if after != "" {
		lo = behind(parent.Child(after))
	}
	for len(ids) < limit {
		k, ok := s.liveIn(lo, end, at)
		if !ok {
			break
		}
		id := k.Next(parent)
		ids = append(ids, id)
		lo = behind(parent.Child(id))
	}
	return ids, nil
}

// Deleted tells whether k does not exist at a time within the history.
func (s *Store) Deleted(k name.Key, at Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return !s.version(k, at).exists()
}
