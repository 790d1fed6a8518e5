package job

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// State is where a job stands.
type State string

// The states of a job.
const (
	Pending    State = "pending"    // waits to be divided
	Running    State = "running"    // pages are at work
	Finishing  State = "finishing"  // every page has an outcome
	Done       State = "done"       // every page succeeded
	Partial    State = "partial"    // some pages failed
	Failed     State = "failed"     // the plan or every page failed
	Cancelling State = "cancelling" // waits until no page can be in flight
	Cancelled  State = "cancelled"
)

// States returns all states.
func States() []State {
	return []State{Pending, Running, Finishing, Done, Partial, Failed, Cancelling, Cancelled}
}

// Next returns the states that may follow s.
func (s State) Next() []State {
	switch s {
	case Pending:
		return []State{Running, Failed, Cancelling}
	case Running:
		return []State{Finishing, Cancelling}
	case Finishing:
		return []State{Done, Partial, Failed}
	case Partial:
		return []State{Running, Finishing}
	case Failed:
		return []State{Pending, Running, Finishing}
	case Cancelling:
		return []State{Cancelled}
	default:
		return nil
	}
}

// Closed reports whether s is an end: no page works, and no lock is held.
func (s State) Closed() bool {
	return s == Done || s == Partial || s == Failed || s == Cancelled
}

// Retriable reports whether a closed job has pages, or a plan, to try again.
func (s State) Retriable() bool { return s == Partial || s == Failed }

// Stopped reports whether pages acknowledge without work.
func (s State) Stopped() bool { return s == Cancelling || s == Cancelled || s == Done }

func (s State) check(to State) error {
	if slices.Contains(s.Next(), to) {
		return nil
	}
	return &IllegalMoveError{From: s, To: to}
}

// ErrIllegalMove is the cause of every [*IllegalMoveError].
var ErrIllegalMove = errors.New("illegal move")

// IllegalMoveError says that a job cannot get from one state to another.
type IllegalMoveError struct{ From, To State }

func (e *IllegalMoveError) Error() string {
	next := e.From.Next()
	if len(next) == 0 {
		return fmt.Sprintf("cannot become %s: %s is final", e.To, e.From)
	}
	names := make([]string, len(next))
	for i, s := range next {
		names[i] = string(s)
	}
	return fmt.Sprintf("cannot become %s while %s: only %s", e.To, e.From, strings.Join(names, " or "))
}

// Unwrap makes errors.Is(err, ErrIllegalMove) true.
func (e *IllegalMoveError) Unwrap() error { return ErrIllegalMove }
