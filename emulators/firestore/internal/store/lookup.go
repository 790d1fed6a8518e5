package store

import (
	"iter"
	"strings"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/query"
)

// lookup reads the ranges of indexes that plans name.
func (s *Store) lookup(g *group, q *query.Query, plans []query.Plan) candidates {
	_, limited := q.Want()
	c := candidates{ordered: len(plans) == 1, matched: limited}
	for _, p := range plans {
		c.versions = append(c.versions, s.walk(g, q, p)...)
	}
	return c
}

// walk collects what is in one plan's range; where that may be more than q can use,
// as many matches as it can.
func (s *Store) walk(g *group, q *query.Query, p query.Plan) (found []*version) {
	want, limited := q.Want()
	if limited && want == 0 {
		return nil
	}
	for _, r := range s.rangeOf(g, q, p) {
		if !r.head.exists() || limited && !q.Match(r.key, s.fields(q, r.head)) {
			continue
		}
		if found = append(found, r.head); limited && len(found) == want {
			break
		}
	}
	return found
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
