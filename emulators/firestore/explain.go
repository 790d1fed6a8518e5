package firestore

import (
	"strings"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"lastmile/emulators/firestore/internal/query"
)

// explain says which indexes answer q.
func explain(q *query.Query) *pb.ExplainMetrics {
	summary := &pb.PlanSummary{}
	for _, p := range q.Plans() {
		summary.IndexesUsed = append(summary.IndexesUsed, &structpb.Struct{Fields: map[string]*structpb.Value{
			"query_scope": structpb.NewStringValue(scopeName(q.Scope)),
			"properties":  structpb.NewStringValue(properties(p)),
		}})
	}
	return &pb.ExplainMetrics{PlanSummary: summary}
}

// analyze adds what running q took.
func analyze(m *pb.ExplainMetrics, results, reads int, took time.Duration) *pb.ExplainMetrics {
	m.ExecutionStats = &pb.ExecutionStats{
		ResultsReturned:   int64(results),
		ReadOperations:    int64(max(reads, 1)),
		ExecutionDuration: durationpb.New(took),
	}
	return m
}

func scopeName(s query.Scope) string {
	if s.Descendants {
		return "Collection group"
	}
	return "Collection"
}

// properties writes a plan's index as "(zone ASC, score DESC, __name__ DESC)".
func properties(p query.Plan) string {
	var parts []string
	for _, c := range p.Columns {
		parts = append(parts, c.String())
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
