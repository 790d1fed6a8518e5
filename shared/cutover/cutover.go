// Package cutover moves the handling of events from one function to another
// while the system runs.
//
// The function in service (the old path) and its successor (the new path)
// subscribe to the same topics. Of every event one path is live and makes its
// effects; the other runs in shadow: its effects are noted and compared. Who is
// live is a setting, for everyone or for one tenant, that can change at any time,
// in both directions.
//
// It promises that
//   - exactly one path is live for an event, however often and in whichever order
//     either path receives it, also while the setting changes: see [Setting];
//   - a path in shadow changes nothing in Firestore, publishes nothing, sets no
//     timers and leaves no dead letters;
//   - every comparison can be counted and every difference listed, for a week.
//
// Not covered are Redis, files and calls to others: see [lastmile/shared/shadow].
// What [lastmile/shared/docs] compares, and what it leaves out, stands there.
package cutover

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Path is one of two functions that handle the same events.
type Path string

const (
	// Old is the function in service. It is live until somebody says otherwise.
	Old Path = "old"

	// New is its successor.
	New Path = "new"
)

// Everyone stands for all tenants without flips of their own.
const Everyone = ""

// Flip makes a path live for the events of a time and later.
type Flip struct {
	At   time.Time `firestore:"at" json:"at"`
	Path Path      `firestore:"path" json:"path"`
	By   string    `firestore:"by" json:"by"`
}

// Setting says which path is live: all flips there were, by tenant.
//
// An event's path is found from the event's own time, not from the time at which
// it is handled: so both paths find the same one, today and in a replay next
// week. A flip is announced [Notice] ahead. Whoever has read the setting at r
// therefore knows every flip before r+Notice, and reads again for later events.
type Setting struct {
	Flips map[string][]Flip `firestore:"flips" json:"flips"`
}

const (
	// Notice is how long before its effect a flip is announced.
	Notice = 3 * time.Second

	// trusted is how far beyond its reading a setting is believed. The rest of the
	// notice is for clocks that disagree.
	trusted = time.Second
)

// Live returns the path that handles a tenant's events of a time.
func (s Setting) Live(tenant string, at time.Time) Path {
	for _, who := range []string{tenant, Everyone} {
		for _, f := range slices.Backward(s.Flips[who]) {
			if !f.At.After(at) {
				return f.Path
			}
		}
	}
	return Old
}

var (
	// ErrNoPath is returned for a flip to what is neither [Old] nor [New].
	ErrNoPath = errors.New("path must be old or new")

	// ErrTooMany is returned when a setting has no room for another flip.
	ErrTooMany = errors.New("too many flips")
)

const (
	maxFlips   = 100
	maxTenants = 2000
	maxTenant  = 128 // bytes
)

// flip returns s with a flip more, announced at now.
func (s Setting) flip(tenant string, f Flip, now time.Time) (Setting, Flip, error) {
	flips := s.Flips[tenant]
	switch {
	case f.Path != Old && f.Path != New:
		return s, f, fmt.Errorf("%w, not %q", ErrNoPath, f.Path)
	case len(tenant) > maxTenant:
		return s, f, fmt.Errorf("tenant must have at most %d bytes, has %d", maxTenant, len(tenant))
	case len(flips) == maxFlips:
		return s, f, fmt.Errorf("%w: %q had %d; end this cut-over and begin another", ErrTooMany, tenant, maxFlips)
	case len(flips) == 0 && len(s.Flips) >= maxTenants:
		return s, f, fmt.Errorf("%w: %d tenants have their own; flip everyone", ErrTooMany, maxTenants)
	}
	f.At = now.Add(Notice).UTC()
	if n := len(flips); n > 0 && !f.At.After(flips[n-1].At) {
		f.At = flips[n-1].At.Add(time.Microsecond)
	}
	changed := Setting{Flips: make(map[string][]Flip, len(s.Flips)+1)}
	for who, fs := range s.Flips {
		changed.Flips[who] = fs
	}
	changed.Flips[tenant] = append(slices.Clone(flips), f)
	return changed, f, nil
}
