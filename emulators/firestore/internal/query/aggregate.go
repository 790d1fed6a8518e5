package query

import (
	"fmt"
	"iter"
	"math"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/value"
)

// maxAggregations is how many a request may ask for.
const maxAggregations = 5

// Aggregation computes counts, sums and averages over documents.
type Aggregation struct{ parts []part }

// part is one aggregation: a count if it has no path.
type part struct {
	alias   string
	path    value.Path
	average bool
	upTo    int64 // of a count; 0 is no limit
}

// NewAggregation reads aggregations.
func NewAggregation(as []*pb.StructuredAggregationQuery_Aggregation) (*Aggregation, error) {
	if len(as) == 0 || len(as) > maxAggregations {
		return nil, status.Errorf(codes.InvalidArgument, "A request must have 1 to %d aggregations, not %d.", maxAggregations, len(as))
	}
	a := &Aggregation{}
	for i, p := range as {
		part, err := newPart(p)
		if err != nil {
			return nil, err
		}
		if part.alias == "" {
			part.alias = fmt.Sprintf("field_%d", i+1)
		}
		a.parts = append(a.parts, part)
	}
	return a, nil
}

func newPart(a *pb.StructuredAggregationQuery_Aggregation) (p part, err error) {
	p.alias = a.GetAlias()
	switch o := a.GetOperator().(type) {
	case *pb.StructuredAggregationQuery_Aggregation_Count_:
		if upTo := o.Count.GetUpTo(); upTo != nil {
			if upTo.Value <= 0 {
				return p, status.Errorf(codes.InvalidArgument, "up_to of count %q must be greater than zero.", p.alias)
			}
			p.upTo = upTo.Value
		}
	case *pb.StructuredAggregationQuery_Aggregation_Sum_:
		p.path, err = value.ParsePath(o.Sum.GetField().GetFieldPath())
	case *pb.StructuredAggregationQuery_Aggregation_Avg_:
		p.average = true
		p.path, err = value.ParsePath(o.Avg.GetField().GetFieldPath())
	default:
		err = status.Errorf(codes.InvalidArgument, "Aggregation %q must be a count, a sum or an average.", p.alias)
	}
	return p, err
}

// Fields lists the fields that are summed up.
func (a *Aggregation) Fields() (fields []string) {
	for _, p := range a.parts {
		if len(p.path) > 0 {
			fields = append(fields, p.path.String())
		}
	}
	return distinct(fields)
}

// Found is what is aggregated. Its documents are only asked for where their fields
// matter.
type Found interface {
	Count() int
	Docs() iter.Seq[*pb.Document]
}

// Over aggregates what a query found.
func (a *Aggregation) Over(found Found) *pb.AggregationResult {
	res := &pb.AggregationResult{AggregateFields: map[string]*pb.Value{}}
	var docs []*pb.Document
	n := found.Count()
	if len(a.Fields()) > 0 {
		docs = a.complete(found.Docs())
		n = len(docs)
	}
	for _, p := range a.parts {
		if len(p.path) == 0 {
			res.AggregateFields[p.alias] = p.count(n)
			continue
		}
		res.AggregateFields[p.alias] = p.total(docs)
	}
	return res
}

// complete keeps the documents that have all fields that are aggregated: the
// index that answers the request lists no others.
func (a *Aggregation) complete(docs iter.Seq[*pb.Document]) (kept []*pb.Document) {
	for doc := range docs {
		if a.covers(doc) {
			kept = append(kept, doc)
		}
	}
	return kept
}

func (a *Aggregation) covers(doc *pb.Document) bool {
	for _, p := range a.parts {
		if len(p.path) > 0 && p.path.Get(doc.Fields) == nil {
			return false
		}
	}
	return true
}

func (p part) count(n int) *pb.Value {
	if p.upTo > 0 {
		n = int(min(int64(n), p.upTo))
	}
	return integer(int64(n))
}

// total sums or averages the numbers at p's path and ignores what is none.
func (p part) total(docs []*pb.Document) *pb.Value {
	t := tally{exact: true}
	for _, doc := range docs {
		t.add(p.path.Get(doc.Fields))
	}
	switch {
	case p.average && t.n == 0:
		return &pb.Value{ValueType: &pb.Value_NullValue{}}
	case p.average:
		return double(t.double() / float64(t.n))
	case t.exact:
		return integer(t.integer)
	}
	return double(t.double())
}

// tally sums integers exactly as long as they fit.
type tally struct {
	n       int
	exact   bool // only integers so far, no overflow
	integer int64
	float   float64
}

func (t *tally) add(v *pb.Value) {
	switch v := v.GetValueType().(type) {
	case *pb.Value_IntegerValue:
		t.n++
		t.addInteger(v.IntegerValue)
	case *pb.Value_DoubleValue:
		t.n++
		t.exact = false
		t.float += v.DoubleValue
	}
}

func (t *tally) addInteger(i int64) {
	if i > 0 && t.integer > math.MaxInt64-i || i < 0 && t.integer < math.MinInt64-i {
		t.exact = false
		t.float += float64(i)
		return
	}
	t.integer += i
}

func (t *tally) double() float64 { return t.float + float64(t.integer) }

func integer(i int64) *pb.Value { return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: i}} }

func double(f float64) *pb.Value { return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: f}} }
