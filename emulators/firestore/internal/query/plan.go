package query

import (
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/name"
	"lastmile/emulators/firestore/internal/value"
)

// Column is one part of an index's key. An empty Path is the document's name.
type Column struct {
	Path       value.Path
	Field      string
	Descending bool
	Contains   bool // one entry for each element of an array
}

// Plan is a range of an index that holds, in the query's order, everything
// that can match one conjunction of the query.
type Plan struct {
	Columns []Column
	Lo, Hi  string // a range of keys; Hi "" is open
}

// ByName tells whether the plan is a walk over documents by name.
func (p Plan) ByName() bool { return len(p.Columns) == 1 && len(p.Columns[0].Path) == 0 }

// Shape names the index that the plan needs.
func (p Plan) Shape() string {
	var b strings.Builder
	for _, c := range p.Columns {
		b.WriteString(c.Field)
		switch {
		case c.Contains:
			b.WriteByte('~')
		case c.Descending:
			b.WriteByte('-')
		default:
			b.WriteByte('+')
		}
	}
	return b.String()
}

// Plans returns one plan for each conjunction.
func (n *Query) Plans() (plans []Plan) {
	for _, leaves := range n.where.conjunctions() {
		plans = append(plans, n.plan(leaves))
	}
	return plans
}

func (n *Query) plan(leaves []*filter) Plan {
	var p Plan
	var prefix []byte
	for _, f := range fixed(leaves) {
		p.Columns = append(p.Columns, Column{Path: f.path, Field: f.path.String(), Contains: f.op == contains})
		prefix = append(prefix, f.operands[0]...)
	}
	for _, o := range n.Orders {
		p.Columns = append(p.Columns, Column{Path: o.Path, Field: o.Field, Descending: o.Descending})
	}
	lo, hi := n.window(leaves)
	p.Lo = string(prefix) + lo
	if p.Hi = string(prefix) + hi; hi == "" {
		p.Hi = after(string(prefix))
	}
	return p
}

// fixed picks the filters that pin a column to one value: one equality a
// field, and the array-contains, by field so that equal queries share an index.
func fixed(leaves []*filter) (pins []*filter) {
	for _, f := range leaves {
		same := func(g *filter) bool { return g.op == f.op && slices.Equal(g.path, f.path) }
		if len(f.path) > 0 && (f.op == equal || f.op == contains) && !slices.ContainsFunc(pins, same) {
			pins = append(pins, f)
		}
	}
	slices.SortStableFunc(pins, func(a, b *filter) int {
		if a.op != b.op {
			return int(a.op) - int(b.op)
		}
		return strings.Compare(a.path.String(), b.path.String())
	})
	return pins
}

// window narrows the order columns by cursors and by inequalities on the
// first of them.
func (n *Query) window(leaves []*filter) (lo, hi string) {
	if n.start != nil {
		lo = n.start.bound()
	}
	if n.end != nil {
		hi = n.end.bound()
	}
	first := n.Orders[0]
	for _, f := range leaves {
		if !f.isInequality() || !slices.Equal(f.path, first.Path) {
			continue
		}
		l, h := f.interval(first.Descending)
		lo = max(lo, l)
		if h != "" && (hi == "" || h < hi) {
			hi = h
		}
	}
	return lo, hi
}

// interval is the range of keys, in the given direction, whose first column
// passes the inequality f.
func (f *filter) interval(descending bool) (lo, hi string) {
	v := f.operands[0]
	class := v[:1]
	if len(f.path) == 0 {
		class = nil
	}
	// The range runs from (or after) one prefix to (or through) another.
	var from, to []byte
	fromAfter, through := false, true
	switch f.op {
	case less, lessOrEqual:
		from, to, through = class, v, f.op == lessOrEqual
	case greater, greaterOrEqual:
		from, to, fromAfter = v, class, f.op == greater
	default:
		return "", ""
	}
	if descending {
		from, to = inverted(to), inverted(from)
		fromAfter, through = !through, !fromAfter
	}
	return edge(from, fromAfter), edge(to, through)
}

func edge(prefix []byte, behind bool) string {
	if behind {
		return after(string(prefix))
	}
	return string(prefix)
}

func inverted(b []byte) []byte {
	b = slices.Clone(b)
	value.Invert(b)
	return b
}

// conjunctions expands the tree into alternatives of leaves that all must
// pass; in and array-contains-any become one alternative for each operand.
func (f *filter) conjunctions() [][]*filter {
	if f == nil {
		return [][]*filter{nil}
	}
	switch f.op {
	case and:
		return f.product()
	case or:
		var all [][]*filter
		for _, k := range f.kids {
			all = append(all, k.conjunctions()...)
		}
		return all
	case in, containsAny:
		return f.each()
	}
	return [][]*filter{{f}}
}

func (f *filter) each() (alternatives [][]*filter) {
	single := equal
	if f.op == containsAny {
		single = contains
	}
	for _, o := range f.operands {
		alternatives = append(alternatives, []*filter{{op: single, path: f.path, operands: [][]byte{o}}})
	}
	return alternatives
}

func (f *filter) product() [][]*filter {
	all := [][]*filter{nil}
	for _, k := range f.kids {
		var next [][]*filter
		for _, right := range k.conjunctions() {
			for _, left := range all {
				next = append(next, append(slices.Clone(left), right...))
			}
		}
		all = next
	}
	return all
}

// Entries are the keys under which an index with columns lists a document.
func Entries(columns []Column, k name.Key, fields map[string]*pb.Value) []string {
	d := document{key: k, fields: fields}
	keys := [][]byte{nil}
	for _, c := range columns {
		if keys = c.extend(keys, &d); len(keys) == 0 {
			return nil
		}
	}
	entries := make([]string, len(keys))
	for i, key := range keys {
		entries[i] = string(key)
	}
	return entries
}

func (c Column) extend(keys [][]byte, d *document) [][]byte {
	if c.Contains {
		return c.extendElements(keys, d)
	}
	for i, key := range keys {
		extended, ok := d.encode(key, c.Path)
		if !ok {
			return nil
		}
		if c.Descending {
			value.Invert(extended[len(key):])
		}
		keys[i] = extended
	}
	return keys
}

// extendElements multiplies keys by the distinct elements of the array.
func (c Column) extendElements(keys [][]byte, d *document) (out [][]byte) {
	seen := map[string]bool{}
	for _, e := range c.Path.Get(d.fields).GetArrayValue().GetValues() {
		enc := value.Append(nil, e)
		if seen[string(enc)] {
			continue
		}
		seen[string(enc)] = true
		for _, key := range keys {
			out = append(out, append(slices.Clone(key), enc...))
		}
	}
	return out
}
