package store

import (
	"slices"
	"strings"

	"lastmile/emulators/firestore/internal/query"
)

// building is an index that is being made.
type building struct {
	index  *index
	missed []change      // since it was begun; guarded by the store's mutex
	done   chan struct{} // closed once the index can be found
}

// build makes the index for a plan from the documents there are, unless there is
// one. While it reads and sorts them, others read and commit.
func (s *Store) build(g *group, p query.Plan, anywhere bool) {
	name := indexName(p, anywhere)
	s.mu.Lock()
	b, found := g.building[name], g.find(p, anywhere)
	if found != nil || b != nil {
		s.mu.Unlock()
		if found == nil {
			<-b.done
		}
		return
	}
	b = &building{index: &index{columns: p.Columns, anywhere: anywhere}, done: make(chan struct{})}
	g.building[name] = b
	docs := g.latest()
	s.mu.Unlock()

	b.index.fill(docs)

	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range b.missed {
		b.index.apply(c)
	}
	delete(g.building, name)
	g.evict()
	b.index.used.Store(g.clock.Add(1))
	g.indexes[name] = b.index
	close(b.done)
}

// latest are the documents of a group. The caller holds the store's mutex.
func (g *group) latest() []*version {
	docs := make([]*version, 0, g.docs.Len())
	for _, r := range g.docs.Range("", "") {
		if r.head.exists() {
			docs = append(docs, r.head)
		}
	}
	return docs
}

// fill makes the entries of an index that nobody reads yet.
func (x *index) fill(docs []*version) {
	type entry struct {
		key string
		r   *record
	}
	entries := make([]entry, 0, len(docs))
	for _, v := range docs {
		for _, key := range x.keys(v.record.key, v.decode()) {
			entries = append(entries, entry{key, v.record})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	for _, e := range entries {
		x.entries.Set(e.key, e.r)
	}
}
