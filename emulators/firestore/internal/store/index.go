package store

import (
	"slices"
	"sync/atomic"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/sorted"
)

// maxIndexes bounds the indexes of one collection group; the one that has not
// been used for longest makes room.
const maxIndexes = 48

// group is all collections with one id. Everything is guarded by the store's
// mutex, except index.used.
type group struct {
	docs     sorted.Map[*record] // by key
	indexes  map[string]*index
	building map[string]*building
	changed  Time // of the latest commit
	clock    atomic.Int64
}

// index lists documents by some of their values. Indexes are made when a
// query first wants them and kept up to date from then on.
type index struct {
	columns  []query.Column
	anywhere bool // spans the group; else keys start with the collection
	entries  sorted.Map[*record]
	used     atomic.Int64
}

// keys are the entries of a document.
func (x *index) keys(k name.Key, doc *pb.Document) []string {
	if doc == nil {
		return nil
	}
	keys := query.Entries(x.columns, k, doc.Fields)
	for i := range keys {
		keys[i] = x.prefix(k.Up()) + keys[i]
	}
	return keys
}

// prefix is what the keys of a collection's documents start with.
func (x *index) prefix(collection name.Key) string {
	if x.anywhere {
		return ""
	}
	return string(collection) + "\x00"
}

// find returns the index for a plan, nil if there is none yet.
func (g *group) find(p query.Plan, anywhere bool) *index {
	x := g.indexes[indexName(p, anywhere)]
	if x != nil {
		x.used.Store(g.clock.Add(1))
	}
	return x
}

func indexName(p query.Plan, anywhere bool) string {
	if anywhere {
		return "*" + p.Shape()
	}
	return p.Shape()
}

func (g *group) evict() {
	if len(g.indexes) < maxIndexes {
		return
	}
	var oldest string
	for shape, x := range g.indexes {
		if oldest == "" || x.used.Load() < g.indexes[oldest].used.Load() {
			oldest = shape
		}
	}
	delete(g.indexes, oldest)
}

// reindex replaces the entries of what was by those of what is.
func (g *group) reindex(c change) {
	for _, x := range g.indexes {
		x.apply(c)
	}
	for _, b := range g.building {
		b.missed = append(b.missed, c)
	}
}

// change is what a commit makes of a record.
type change struct {
	record  *record
	was, is *pb.Document
}

func (x *index) apply(c change) {
	old, fresh := x.keys(c.record.key, c.was), x.keys(c.record.key, c.is)
	if slices.Equal(old, fresh) {
		return
	}
	for _, key := range old {
		x.entries.Delete(key)
	}
	for _, key := range fresh {
		x.entries.Set(key, c.record)
	}
}
