package query

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxDisjuncts is how many conjunctions a query may expand to.
const maxDisjuncts = 30

// operandLimits are Google's, by operator.
var operandLimits = map[pb.StructuredQuery_FieldFilter_Operator]int{
	pb.StructuredQuery_FieldFilter_IN:                 30,
	pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY: 30,
	pb.StructuredQuery_FieldFilter_NOT_IN:             10,
}

// checkRules refuses combinations of filters that Firestore does not answer.
func (f *filter) checkRules() error {
	if f == nil {
		return nil
	}
	if n := f.disjuncts(); n > maxDisjuncts {
		return status.Errorf(codes.InvalidArgument,
			"Too many disjunctions after normalization. Result had %d disjunctions which is more than the maximum of %d", n, maxDisjuncts)
	}
	if f.count(notEqual, notIn) > 1 {
		return status.Error(codes.InvalidArgument,
			"Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.")
	}
	if f.count(notIn) > 0 && f.count(in, containsAny, or) > 0 {
		return status.Error(codes.InvalidArgument, "'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'.")
	}
	for _, leaves := range f.conjunctions() {
		if n := (&filter{op: and, kids: leaves}).count(contains); n > 1 {
			return status.Error(codes.InvalidArgument, "A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.")
		}
	}
	return nil
}

// count counts the nodes of the tree with one of ops.
func (f *filter) count(ops ...op) (n int) {
	if slices.Contains(ops, f.op) {
		n++
	}
	for _, k := range f.kids {
		n += k.count(ops...)
	}
	return n
}
