// Package query owns the meaning of a query: its filters, its order, its
// cursors, and the range of an index that answers it.
//
// It promises one definition of "matches" and of order, [Query.Match] and
// [Query.SortKey]; plans only narrow what has to be looked at.
package query

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// Query is a structured query in normal form: every order it implies is
// spelled out, every operand is encoded.
type Query struct {
	Scope      Scope
	Orders     []Order // never empty, ends with the document's name
	Offset     int
	Limit      int // -1 is none
	Projection []value.Path

	where      *filter
	start, end *cursor
}

// New reads q, whose parent is the resource name parent.
func New(parent string, q *pb.StructuredQuery) (*Query, error) {
	if q.GetFindNearest() != nil {
		return nil, status.Error(codes.Unimplemented, "The emulator has no vector search.")
	}
	database, key, err := name.Parent(parent)
	if err != nil {
		return nil, err
	}
	n := &Query{Scope: Scope{Parent: key}, Limit: -1}
	p := parser{database: database}
	if err := n.readScope(q.GetFrom()); err != nil {
		return nil, err
	}
	if n.where, err = p.filter(q.GetWhere()); err != nil {
		return nil, err
	}
	if err = n.where.checkRules(); err != nil {
		return nil, err
	}
	if n.Orders, err = p.orders(q.GetOrderBy(), n.where); err != nil {
		return nil, err
	}
	if n.Projection, err = projection(q.GetSelect()); err != nil {
		return nil, err
	}
	if n.start, err = p.cursor(q.GetStartAt(), n.Orders); err != nil {
		return nil, err
	}
	if n.end, err = p.cursor(q.GetEndAt(), n.Orders); err != nil {
		return nil, err
	}
	return n, n.readLimits(q)
}

// ByName tells whether names are all that filters and orders look at.
func (n *Query) ByName() bool {
	return len(n.Orders) == 1 && len(n.Orders[0].Path) == 0 && n.where.byName()
}

func (n *Query) readScope(from []*pb.StructuredQuery_CollectionSelector) error {
	if len(from) != 1 {
		return status.Errorf(codes.InvalidArgument, "A query must name exactly one collection, not %d.", len(from))
	}
	n.Scope.Collection = from[0].CollectionId
	n.Scope.Descendants = from[0].AllDescendants
	if n.Scope.Collection == "" {
		return nil
	}
	return name.CheckID(n.Scope.Collection)
}

func (n *Query) readLimits(q *pb.StructuredQuery) error {
	if q.GetOffset() < 0 {
		return status.Errorf(codes.InvalidArgument, "offset is negative: %d", q.GetOffset())
	}
	n.Offset = int(q.GetOffset())
	if q.GetLimit() == nil {
		return nil
	}
	if q.Limit.Value < 0 {
		return status.Errorf(codes.InvalidArgument, "limit is negative: %d", q.Limit.Value)
	}
	n.Limit = int(q.Limit.Value)
	return nil
}

func projection(p *pb.StructuredQuery_Projection) ([]value.Path, error) {
	if p == nil {
		return nil, nil
	}
	paths := []value.Path{}
	for _, f := range p.Fields {
		if f.GetFieldPath() == value.Name {
			continue
		}
		path, err := value.ParsePath(f.GetFieldPath())
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// Match tells whether the document under k belongs to the result, apart from
// offset and limit. Where [Query.ByName] is true, doc may be nil.
func (n *Query) Match(k name.Key, doc *pb.Document) bool {
	d := document{key: k, fields: doc.GetFields()}
	if !n.Scope.In(k) || n.where != nil && !n.where.match(&d) {
		return false
	}
	if n.start == nil && n.end == nil {
		return n.hasOrders(&d)
	}
	key, ok := n.sortKey(&d)
	return ok && !n.start.cuts(key) && (n.end == nil || n.end.cuts(key))
}

func (n *Query) hasOrders(d *document) bool {
	for _, o := range n.Orders {
		if len(o.Path) > 0 && o.Path.Get(d.fields) == nil {
			return false
		}
	}
	return true
}

// SortKey is the text by which results sort. The document must match.
func (n *Query) SortKey(k name.Key, doc *pb.Document) string {
	key, _ := n.sortKey(&document{key: k, fields: doc.GetFields()})
	return string(key)
}

func (n *Query) sortKey(d *document) (key []byte, ok bool) {
	for _, o := range n.Orders {
		start := len(key)
		if key, ok = d.encode(key, o.Path); !ok {
			return nil, false
		}
		if o.Descending {
			value.Invert(key[start:])
		}
	}
	return key, true
}

// Trim applies offset and limit to sorted results.
func Trim[T any](n *Query, results []T) (kept []T, skipped int) {
	skipped = min(n.Offset, len(results))
	results = results[skipped:]
	if n.Limit >= 0 && n.Limit < len(results) {
		results = results[:n.Limit]
	}
	return results, skipped
}

// Want is how many sorted results suffice; ok is false if all are needed.
func (n *Query) Want() (count int, ok bool) { return n.Offset + n.Limit, n.Limit >= 0 }
