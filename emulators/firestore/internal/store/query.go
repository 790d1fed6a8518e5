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
	Docs    []*pb.Document
	Skipped int  // by the query's offset
	Read    Time // what the answer stands for
}

// Query returns q's result at a time.
func (s *Store) Query(q *query.Query, at Time) (*Result, error) {
	plans := s.prepare(q)
	s.mu.RLock()
	defer s.mu.RUnlock()
	read, err := s.readTime(at)
	if err != nil {
		return nil, err
	}
	docs, skipped := s.query(q, plans, at)
	s.reads.Add(int64(max(len(docs), 1)))
	return &Result{Docs: docs, Skipped: skipped, Read: read}, nil
}

// query answers q. The caller holds mu.
func (s *Store) query(q *query.Query, plans []query.Plan, at Time) (docs []*pb.Document, skipped int) {
	var hits []hit
	if g := s.groups[q.Scope.Collection]; g == nil || g.changed > at || !s.usable(g, q, plans) {
		hits = s.scan(q, at)
	} else {
		hits = s.lookup(g, q, plans)
	}
	hits, skipped = query.Trim(q, hits)
	docs = make([]*pb.Document, len(hits))
	for i, h := range hits {
		docs[i] = h.doc
	}
	return docs, skipped
}

// hit is a matching document and its place in the result.
type hit struct {
	sortKey string
	doc     *pb.Document
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

// scan reads through everything in q's scope.
func (s *Store) scan(q *query.Query, at Time) (hits []hit) {
	for _, r := range s.all(q) {
		if doc := s.document(r.read(at)); doc != nil && q.Match(r.key, doc) {
			hits = append(hits, hit{q.SortKey(r.key, doc), doc})
		}
	}
	return sortHits(hits)
}

func sortHits(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int { return strings.Compare(a.sortKey, b.sortKey) })
	return hits
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
