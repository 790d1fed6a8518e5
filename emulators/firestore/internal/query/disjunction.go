package query

import "slices"

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

// disjuncts counts the conjunctions that f expands to, without expanding it.
func (f *filter) disjuncts() int {
	n := 1
	switch f.op {
	case and:
		for _, k := range f.kids {
			n = min(n*k.disjuncts(), 1<<20)
		}
	case or:
		n = 0
		for _, k := range f.kids {
			n = min(n+k.disjuncts(), 1<<20)
		}
	case in, containsAny:
		n = len(f.operands)
	}
	return n
}
