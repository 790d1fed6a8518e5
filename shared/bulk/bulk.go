// Package bulk changes many items of a shop in the same way.
//
// It owns the operations, each one entry of [Operations], the rows of an input
// file, and the division of a file into ranges. It promises that every line of a
// file is in exactly one range, and that a bad row costs only itself.
package bulk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Item is what operations see and change of an item.
type Item struct {
	Price      Price `firestore:"price"`
	Stock      int64 `firestore:"stock"`
	StockKnown bool  `firestore:"stockKnown"`
	Available  bool  `firestore:"available"`
}

// Price is in minor units of the currency.
type Price struct {
	Amount   int64  `firestore:"amount"`
	Currency string `firestore:"currency"`
}

// Params are the parameters of an operation by name, as text.
type Params map[string]string

// Change returns an item as an operation leaves it, or why it cannot.
type Change func(Item) (Item, error)

// Operation is one kind of bulk work.
type Operation struct {
	// Kind names it, as a job's kind does.
	Kind string

	// Params are the names of its parameters.
	Params []string

	// Parse returns what p asks for. Its error is a [*ParamError].
	Parse func(p Params) (Change, error)
}

// Operations returns every operation there is. Adding one is one entry.
func Operations() []Operation {
	return []Operation{
		{Kind: "items.price", Params: []string{"set", "delta", "percent", "currency"}, Parse: price},
		{Kind: "items.stock", Params: []string{"set", "delta"}, Parse: stock},
		{Kind: "items.availability", Params: []string{"available"}, Parse: availability},
	}
}

// Find returns the operation of a kind.
func Find(kind string) (Operation, bool) {
	all := Operations()
	i := slices.IndexFunc(all, func(o Operation) bool { return o.Kind == kind })
	if i < 0 {
		return Operation{}, false
	}
	return all[i], true
}

// Change returns what p asks for. Its error is a [*ParamError], also for a
// parameter that the operation does not have.
func (o Operation) Change(p Params) (Change, error) {
	for name := range p {
		if !slices.Contains(o.Params, name) {
			return nil, &ParamError{name, "is unknown", "use " + strings.Join(o.Params, ", ")}
		}
	}
	return o.Parse(p)
}

// ErrParam is the cause of every [*ParamError].
var ErrParam = errors.New("bad parameter")

// ParamError says which parameter makes no sense, and what would.
type ParamError struct{ Param, Problem, Remedy string }

func (e *ParamError) Error() string {
	return fmt.Sprintf("%s %s: %s", e.Param, e.Problem, e.Remedy)
}

// Unwrap makes errors.Is(err, ErrParam) true.
func (e *ParamError) Unwrap() error { return ErrParam }
