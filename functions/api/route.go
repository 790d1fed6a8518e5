package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
)

// handle registers a route. Whatever the route, it ends by a deadline, its record
// says what it is about, its round trips are held against its budget, and an error
// that the handler does not explain itself is a 503 or a 500 that keeps the cause
// for the records.
func handle[I, O any](api huma.API, op huma.Operation, h func(context.Context, *I) (*O, error)) {
	describe(&op)
	budget, deadline := budgetOf(op), deadlineOf(op)
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(logs.CountTrips(ctx), deadline)
		defer cancel()
		taken(ctx)
		out, err := h(ctx, in)
		overBudget(ctx, budget)
		if err != nil {
			return nil, problem(ctx, err)
		}
		return out, nil
	})
}

// tripsField is where the document says how many round trips to Firestore and
// Redis a route may make, whatever its input. Callers that send an
// Idempotency-Key pay two more.
const tripsField = "x-round-trips"

// defaultBudget is for routes that read or commit once, and look something up
// before.
const defaultBudget = 3

// budgets are those of routes that need more, each for its reason.
func budgets() map[string]int {
	return map[string]int{
		"get-cutover":         4,   // its setting, and a count of each outcome
		"put-catalog":         8,   // read and commit, again where a sync noted something meanwhile
		"cancel-job":          6,   // the job, the board and the closing timer
		"retry-job":           6,   // read and commit, the event, again on a conflict
		"submit-job":          6,   // commit, the outbox, and whoever is in the way
		"sync-catalog":        6,   // the settings besides
		"replay-dead-letter":  4,   // the letter, and its note
		"replay-dead-letters": 300, // goes on for seconds, three for each hundred letters
		"announce-file":       4,   // the record, read and written, and the one it replaces
		"get-upload":          20,  // the record, and every part
		"confirm-file":        60,  // reads, checks and deletes every part
		"delete-file":         40,  // the record, its content, and parts of an upload
		"report-locations":    5,   // one script, and the flush of whoever is first past the deadline
	}
}

func budgetOf(op huma.Operation) int {
	if n, ok := op.Extensions[tripsField].(int); ok {
		return n
	}
	return defaultBudget
}

// overBudget says so in the record of a call that made more round trips than its
// route may.
func overBudget(ctx context.Context, budget int) {
	if trips, _ := logs.Trips(ctx).Total(); trips > budget {
		logs.Add(ctx, slog.Int("overBudget", trips-budget))
	}
}

// callTime bounds a call: longer than anything takes that goes well, and shorter
// than its caller waits, also for a database that says nothing.
const callTime = 5 * time.Second

// longCalls may take longer.
func longCalls() map[string]time.Duration {
	return map[string]time.Duration{
		"replay-dead-letters": 6 * callTime,
		"confirm-file":        10 * callTime, // reads all that was uploaded
	}
}

func deadlineOf(op huma.Operation) time.Duration {
	if d, ok := longCalls()[op.OperationID]; ok {
		return d
	}
	return callTime
}

// describe adds to the document what is so of every route.
func describe(op *huma.Operation) {
	if op.Extensions == nil {
		op.Extensions = make(map[string]any)
	}
	if _, ok := op.Extensions[tripsField]; !ok {
		op.Extensions[tripsField] = defaultBudget
		if n, ok := budgets()[op.OperationID]; ok {
			op.Extensions[tripsField] = n
		}
	}
	if op.Method != http.MethodPost {
		return
	}
	most := 200
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: httpapi.IdempotencyKey, In: "header",
		Description: "names this call: sent again with the same key within a day, it has no second effect and gets the same answer",
		Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: &most},
	})
}
