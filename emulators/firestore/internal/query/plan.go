package query

import (
	"slices"
	"strings"

	"lastmile/emulators/firestore/internal/value"
)

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
		b.WriteString(c.String())
		b.WriteByte(',')
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
