package query

import (
	"bytes"
	"math"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"lastmile/emulators/firestore/internal/value"
)

// op is what a filter tests.
type op int

const (
	and op = iota
	or
	equal
	notEqual
	less
	lessOrEqual
	greater
	greaterOrEqual
	in
	notIn
	contains
	containsAny
)

// filter is a tree; its leaves compare the field at path with operands.
type filter struct {
	op       op
	path     value.Path // empty is the document's name
	operands [][]byte   // encoded
	kids     []*filter  // of and, or
}

var (
	null = value.Append(nil, nil)
	nan  = value.Append(nil, &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: math.NaN()}})
)

// match tells whether d passes. A nil filter passes everything.
func (f *filter) match(d *document) bool {
	switch f.op {
	case and:
		return !slices.ContainsFunc(f.kids, func(k *filter) bool { return !k.match(d) })
	case or:
		return slices.ContainsFunc(f.kids, func(k *filter) bool { return k.match(d) })
	case contains, containsAny:
		return f.matchElements(d)
	}
	var ok bool
	if d.scratch, ok = d.encode(d.scratch[:0], f.path); !ok {
		return false
	}
	return f.matchValue(d.scratch)
}

func (f *filter) matchValue(v []byte) bool {
	switch f.op {
	case equal, in:
		return f.has(v)
	case notEqual, notIn:
		return !bytes.Equal(v, null) && !f.has(v) && !(f.op == notIn && f.has(null))
	}
	if len(f.path) > 0 && (v[0] != f.operands[0][0] || bytes.Equal(v, nan)) {
		return false // inequalities look at values of the operand's class only
	}
	c := bytes.Compare(v, f.operands[0])
	switch f.op {
	case less:
		return c < 0
	case lessOrEqual:
		return c <= 0
	case greater:
		return c > 0
	default:
		return c >= 0
	}
}

// byName tells whether f looks at nothing but names.
func (f *filter) byName() bool {
	return f == nil || (len(f.kids) > 0 || len(f.path) == 0) && !slices.ContainsFunc(f.kids, func(k *filter) bool { return !k.byName() })
}

func (f *filter) matchElements(d *document) bool {
	if len(f.path) == 0 {
		return false
	}
	for _, e := range f.path.Get(d.fields).GetArrayValue().GetValues() {
		if d.scratch = value.Append(d.scratch[:0], e); f.has(d.scratch) {
			return true
		}
	}
	return false
}

func (f *filter) has(v []byte) bool {
	return slices.ContainsFunc(f.operands, func(o []byte) bool { return bytes.Equal(o, v) })
}

func (f *filter) isInequality() bool {
	switch f.op {
	case less, lessOrEqual, greater, greaterOrEqual, notEqual, notIn:
		return true
	}
	return false
}

// inequalities lists the fields that an inequality compares.
func (f *filter) inequalities() []value.Path {
	if f == nil {
		return nil
	}
	if f.isInequality() && len(f.path) > 0 {
		return []value.Path{f.path}
	}
	var paths []value.Path
	for _, k := range f.kids {
		for _, p := range k.inequalities() {
			if !slices.ContainsFunc(paths, func(q value.Path) bool { return slices.Equal(p, q) }) {
				paths = append(paths, p)
			}
		}
	}
	return paths
}
