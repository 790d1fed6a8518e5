package store

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
)

// Watcher is told that something was committed; what, it finds out with
// [Store.Changes].
type Watcher struct {
	C     <-chan struct{} // has room for one signal: more say no more
	c     chan struct{}
	store *Store
}

// Watch returns a Watcher, to be closed.
func (s *Store) Watch() *Watcher {
	c := make(chan struct{}, 1)
	w := &Watcher{C: c, c: c, store: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[w] = struct{}{}
	return w
}

// Close ends the signals.
func (w *Watcher) Close() {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	delete(w.store.watchers, w)
}

// wake signals every watcher. The caller holds mu.
func (s *Store) wake() {
	for w := range s.watchers {
		select {
		case w.c <- struct{}{}:
		default:
		}
	}
}

// Change is a document that changed, as it is now.
type Change struct {
	Key name.Key
	Doc *pb.Document // nil: deleted
}

// Changes returns what changed after since, once for each document, and the
// time it stands for; ok is false if that is too long ago to tell.
func (s *Store) Changes(since Time) (changes []Change, read Time, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	read = s.tick()
	versions, ok := s.history.since(since)
	for _, v := range versions {
		if v.record.head == v {
			changes = append(changes, Change{v.record.key, s.document(v)})
		}
	}
	return changes, read, ok
}
