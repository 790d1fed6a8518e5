package store

import (
	"iter"
	"slices"
	"strings"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
)

// lookup reads the ranges of indexes that plans name.
func (s *Store) lookup(g *group, q *query.Query, plans []query.Plan) (hits []hit) {
	if len(plans) == 1 {
		return s.walk(g, q, plans[0], false)
	}
	for _, p := range plans {
		hits = append(hits, s.walk(g, q, p, true)...)
	}
	return slices.CompactFunc(sortHits(hits), func(a, b hit) bool { return a.sortKey == b.sortKey })
}

// walk collects the matches in one plan's range, as many as q can use.
func (s *Store) walk(g *group, q *query.Query, p query.Plan, keyed bool) (hits []hit) {
	want, limited := q.Want()
	if limited && want == 0 {
		return nil
	}
	for _, r := range s.rangeOf(g, q, p) {
		doc := s.document(r.head)
		if doc == nil || !q.Match(r.key, doc) {
			continue
		}
		h := hit{doc: doc}
		if keyed {
			h.sortKey = q.SortKey(r.key, doc)
		}
		if hits = append(hits, h); limited && len(hits) == want {
			break
		}
	}
	return hits
}

// rangeOf yields a plan's candidates in the query's order.
func (s *Store) rangeOf(g *group, q *query.Query, p query.Plan) iter.Seq2[string, *record] {
	if !p.ByName() {
		x := g.find(p, q.Scope.Descendants)
		prefix := x.prefix(q.Scope.Parent.Child(q.Scope.Collection))
		hi := prefix + p.Hi
		if p.Hi == "" {
			hi = behind(name.Key(prefix))
		}
		return x.entries.Range(prefix+p.Lo, hi)
	}
	if p.Columns[0].Descending {
		docs, lo, hi := s.span(q, "", "")
		return docs.Backward(lo, hi)
	}
	// A key in a plan has one more NUL than one in docs.
	docs, lo, hi := s.span(q, strings.TrimSuffix(p.Lo, "\x00"), p.Hi)
	return docs.Range(lo, hi)
}
