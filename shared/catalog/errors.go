package catalog

import (
	"errors"
	"strings"
)

// What callers branch on.
var (
	// ErrGarbled is a page that is not whole, valid JSON: asking again may help.
	ErrGarbled = errors.New("page is not valid JSON")
	// ErrMismatch is a page that does not look as the settings say: only
	// other settings help.
	ErrMismatch = errors.New("page does not fit the settings")
)

// FieldError is one fault in settings: which field, what is wrong with it, and
// what would be right.
type FieldError struct {
	Field   string `json:"field"`
	Problem string `json:"problem"`
	Remedy  string `json:"remedy"`
}

// Error returns the fault as one sentence.
func (e FieldError) Error() string { return e.Field + " " + e.Problem + ": " + e.Remedy }

// Errors is every fault found at once.
type Errors []FieldError

// Error lists the faults, divided by semicolons.
func (e Errors) Error() string {
	all := make([]string, len(e))
	for i, fault := range e {
		all[i] = fault.Error()
	}
	return strings.Join(all, "; ")
}
