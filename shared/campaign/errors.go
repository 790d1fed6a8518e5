package campaign

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrUnknown is returned for a campaign that is not there.
	ErrUnknown = errors.New("no such campaign")

	// ErrEarly is returned for a timer that came before its time.
	ErrEarly = errors.New("not due yet")

	// ErrVersion is returned for a change of a version that is not the stored one.
	ErrVersion = errors.New("campaign has changed")
)

// Fault is what is wrong with one field, and what would be right.
type Fault struct {
	Field   string `json:"field"`
	Problem string `json:"problem"`
	Remedy  string `json:"remedy"`
}

// Faults is everything wrong at once.
type Faults []Fault

// Error lists the faults, divided by semicolons.
func (fs Faults) Error() string {
	all := make([]string, len(fs))
	for i, f := range fs {
		all[i] = fmt.Sprintf("%s %s: %s", f.Field, f.Problem, f.Remedy)
	}
	return strings.Join(all, "; ")
}

// want adds a fault unless ok.
func (fs *Faults) want(ok bool, field, problem, remedy string) {
	if !ok {
		*fs = append(*fs, Fault{Field: field, Problem: problem, Remedy: remedy})
	}
}

// err is nil where there is no fault.
func (fs Faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// BusyError says that another campaign holds the lock of its kind in the shop.
type BusyError struct {
	Scope  string
	Holder ID
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("campaign %s holds %s: end or cancel it first", e.Holder, e.Scope)
}

// MissingError lists what a shop lacks for a kind of campaign.
type MissingError struct {
	Kind    Kind
	Missing []Prerequisite
}

func (e *MissingError) Error() string {
	all := make([]string, len(e.Missing))
	for i, p := range e.Missing {
		all[i] = p.Name + ": " + p.Remedy
	}
	return fmt.Sprintf("%s needs %s", e.Kind, strings.Join(all, "; "))
}
