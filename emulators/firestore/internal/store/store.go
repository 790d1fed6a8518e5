// Package store owns the documents of one database: their versions, their
// indexes and the history that reads in the past need.
//
// It promises that a commit is atomic and that commit times only grow; that a
// read, at the latest time or a past one within the history's bounds, sees
// whole commits; that memory for the past is bounded; and that a document which
// nobody has touched for long takes little more than its bytes.
package store

import (
	"sync"
	"sync/atomic"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/sorted"
)

// Store holds the documents of one database.
type Store struct {
	database  string
	now       func() time.Time
	journal   Journal      // nil forgets everything at the end
	last      atomic.Int64 // latest time given to a commit or read
	scanLimit int          // documents that are read through rather than indexed
	reads     atomic.Int64
	writes    atomic.Int64

	mu       sync.RWMutex // guards what follows
	docs     sorted.Map[*record]
	groups   map[string]*group
	history  history
	warm     warm
	live     int
	bytes    int
	watchers map[*Watcher]struct{}
}

// Journal makes commits durable. Append is called in commit order, with
// encoded documents, and must not block on the disk; the function it returns
// waits until docs are safe.
type Journal interface {
	Append(docs [][]byte) (wait func() error)
}

// Stats are counters of a Store.
type Stats struct {
	Documents     int
	Bytes         int // of documents, as Firestore counts them
	Reads, Writes int64
}

// New returns an empty Store for database; now is the clock.
func New(database string, now func() time.Time) *Store {
	return &Store{
		database:  database,
		now:       now,
		scanLimit: smallScan,
		groups:    map[string]*group{},
		history:   history{floor: timeOf(now())},
		watchers:  map[*Watcher]struct{}{},
	}
}

// Stats returns the counters.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Stats{Documents: s.live, Bytes: s.bytes, Reads: s.reads.Load(), Writes: s.writes.Load()}
}

// tick returns a time for a read: nothing commits at or before it later on.
func (s *Store) tick() Time {
	now := timeOf(s.now())
	for {
		last := Time(s.last.Load())
		if now <= last {
			return last
		}
		if s.last.CompareAndSwap(int64(last), int64(now)) {
			return now
		}
	}
}

// next returns the time of a new commit. The caller holds mu.
func (s *Store) next() Time {
	at := max(timeOf(s.now()), Time(s.last.Load())+1)
	s.last.Store(int64(at))
	return at
}

// install makes doc, encoded as wire (nil: nothing), the latest version of k. The
// caller holds mu.
func (s *Store) install(k name.Key, doc *pb.Document, wire []byte, size int, at Time) {
	g := s.group(k.Group())
	r, ok := s.docs.Get(string(k))
	if !ok {
		r = &record{key: k}
		s.docs.Set(string(k), r)
		g.docs.Set(string(k), r)
	}
	v := &version{record: r, at: at, wire: wire, size: size, prev: r.head}
	g.reindex(change{record: r, was: s.document(r.head), is: doc})
	if doc != nil {
		s.warm.keep(v, doc)
	}
	s.count(r.head, v)
	r.head = v
	g.changed = at
	s.history.push(v)
}

func (s *Store) count(old, v *version) {
	if old.exists() {
		s.live--
		s.bytes -= old.size
	}
	if v.exists() {
		s.live++
		s.bytes += v.size
	}
}

// group returns the collections with the given id. The caller holds mu.
func (s *Store) group(id string) *group {
	g := s.groups[id]
	if g == nil {
		g = &group{indexes: map[string]*index{}, building: map[string]*building{}}
		s.groups[id] = g
	}
	return g
}

// Trim forgets the past beyond the history's bounds; commits do it as well.
func (s *Store) Trim() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim()
}

func (s *Store) trim() {
	if n := s.history.expired(timeOf(s.now())); n > 0 {
		s.drop(s.history.take(n))
	}
}

// drop lets go of what the versions superseded, and of deleted documents.
func (s *Store) drop(gone []*version) {
	for _, v := range gone {
		v.prev = nil
		if r := v.record; r.head == v && !v.exists() {
			s.docs.Delete(string(r.key))
			s.group(r.key.Group()).docs.Delete(string(r.key))
		}
	}
	clear(gone) // the array lives on under the history's tail
}
