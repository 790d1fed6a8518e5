package store

import (
	"iter"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/sorted"
)

// smallScan is how many documents are read through rather than indexed.
const smallScan = 128

// Result is the answer to a query.
type Result struct {
	Skipped int  // by the query's offset
	Read    Time // what the answer stands for

	store *Store
	hits  []hit
}

// Count is how many documents there are.
func (r *Result) Count() int { return len(r.hits) }

// Docs are the documents, each decoded when its turn comes.
func (r *Result) Docs() iter.Seq[*pb.Document] {
	return func(yield func(*pb.Document) bool) {
		for _, h := range r.hits {
			if !yield(r.store.document(h.v)) {
				return
			}
		}
	}
}

// Keys are the documents' keys, and when each last changed.
func (r *Result) Keys() iter.Seq2[name.Key, Time] {
	return func(yield func(name.Key, Time) bool) {
		for _, h := range r.hits {
			if !yield(h.v.record.key, h.v.at) {
				return
			}
		}
	}
}

// Query returns q's result at a time.
func (s *Store) Query(q *query.Query, at Time) (*Result, error) {
	plans := s.prepare(q)
	c, read, err := s.candidatesAt(q, plans, at)
	if err != nil {
		return nil, err
	}
	result := s.result(q, c)
	result.Read = read
	s.reads.Add(int64(max(result.Count(), 1)))
	return result, nil
}

func (s *Store) candidatesAt(q *query.Query, plans []query.Plan, at Time) (candidates, Time, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	read, err := s.readTime(at)
	if err != nil {
		return candidates{}, 0, err
	}
	return s.candidates(q, plans, at), read, nil
}

// candidates are all documents that may be in a result.
type candidates struct {
	versions []*version
	ordered  bool // as the query wants it, and each once
	matched  bool // they are in it, if only as many as are wanted
}

// candidates finds them. The caller holds mu.
func (s *Store) candidates(q *query.Query, plans []query.Plan, at Time) candidates {
	if g := s.groups[q.Scope.Collection]; g != nil && g.changed <= at && s.usable(g, q, plans) {
		return s.lookup(g, q, plans)
	}
	return s.scan(q, at)
}

// result makes q's result of candidates. Nobody waits for it: they do not change.
func (s *Store) result(q *query.Query, c candidates) *Result {
	hits := make([]hit, 0, len(c.versions))
	for _, v := range c.versions {
		doc := s.fields(q, v)
		if !c.matched && !q.Match(v.record.key, doc) {
			continue
		}
		h := hit{v: v}
		if !c.ordered {
			h.sortKey = q.SortKey(v.record.key, doc)
		}
		hits = append(hits, h)
	}
	if !c.ordered {
		slices.SortFunc(hits, func(a, b hit) int { return strings.Compare(a.sortKey, b.sortKey) })
		hits = slices.CompactFunc(hits, func(a, b hit) bool { return a.v == b.v })
	}
	hits, skipped := query.Trim(q, hits)
	return &Result{Skipped: skipped, store: s, hits: hits}
}

// hit is a matching document and its place in the result.
type hit struct {
	sortKey string
	v       *version
}

// fields are what q looks at of v: nothing where the name tells all.
func (s *Store) fields(q *query.Query, v *version) *pb.Document {
	if q.ByName() {
		return nil
	}
	return s.document(v)
}

// prepare makes sure that the indexes for q exist, unless reading through its
// collection is cheap; it returns nil then.
func (s *Store) prepare(q *query.Query) []query.Plan {
	if q.Scope.Collection == "" {
		return nil
	}
	plans := q.Plans()
	s.mu.RLock()
	g := s.groups[q.Scope.Collection]
	ready := g == nil || s.usable(g, q, plans)
	small := !ready && s.isSmall(q)
	s.mu.RUnlock()
	if small {
		return nil
	}
	for _, p := range plans {
		if !ready && !p.ByName() {
			s.build(g, p, q.Scope.Descendants)
		}
	}
	return plans
}

func (s *Store) isSmall(q *query.Query) bool {
	n := 0
	for range s.all(q) {
		if n++; n > s.scanLimit {
			return false
		}
	}
	return true
}

// usable tells whether every plan has what it needs.
func (s *Store) usable(g *group, q *query.Query, plans []query.Plan) bool {
	for _, p := range plans {
		if !p.ByName() && g.find(p, q.Scope.Descendants) == nil {
			return false
		}
	}
	return len(plans) > 0
}

// scan finds everything in q's scope.
func (s *Store) scan(q *query.Query, at Time) (c candidates) {
	for _, r := range s.all(q) {
		if v := r.read(at); v.exists() {
			c.versions = append(c.versions, v)
		}
	}
	return c
}

// span returns where the records that may be in q's scope lie by name, between
// lo and hi where those are narrower.
func (s *Store) span(q *query.Query, lo, hi string) (docs *sorted.Map[*record], from, to string) {
	docs = &s.docs
	if q.Scope.Collection != "" {
		docs = s.members(q.Scope.Collection)
	}
	prefix := q.Scope.Parent
	if q.Scope.Collection != "" && !q.Scope.Descendants {
		prefix = prefix.Child(q.Scope.Collection)
	}
	if end := behind(prefix); hi == "" || end != "" && end < hi {
		hi = end
	}
	return docs, max(lo, string(prefix)), hi
}

// members are the documents of the collections with an id: none where nobody has
// written to one yet.
func (s *Store) members(id string) *sorted.Map[*record] {
	if g := s.groups[id]; g != nil {
		return &g.docs
	}
	return &sorted.Map[*record]{}
}

// all yields the records that may be in q's scope, by name.
func (s *Store) all(q *query.Query) iter.Seq2[string, *record] {
	docs, lo, hi := s.span(q, "", "")
	return docs.Range(lo, hi)
}

// behind is the first key after all descendants of k; keys end with NUL.
func behind(k name.Key) string {
	if k == "" {
		return ""
	}
	return string(k[:len(k)-1]) + "\x01"
}
