package provider

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Kind is how the provider misbehaves.
type Kind string

// The kinds of misbehaviour.
const (
	Status      Kind = "status"      // answers with Fault.Status; 429 and 503 may tell Retry-After
	Slow        Kind = "slow"        // waits for Fault.DelayMillis first
	Down        Kind = "down"        // closes the connection without an answer
	Truncated   Kind = "truncated"   // sends half of the body
	ContentType Kind = "contentType" // answers 200 with a web page
	Malformed   Kind = "malformed"   // the page's first item has no name
	Duplicate   Kind = "duplicate"   // the page's first item is listed again at its end
	Shift       Kind = "shift"       // a new product appears in front, before the page is read
)

var kinds = []Kind{Status, Slow, Down, Truncated, ContentType, Malformed, Duplicate, Shift}

// Fault is one misbehaviour. It acts on requests to paths that begin with
// Path, for page Page, at most Times times.
type Fault struct {
	Kind              Kind   `json:"kind"`
	Path              string `json:"path,omitempty"`  // "/offset"; empty: every style
	Page              int    `json:"page,omitempty"`  // counted from 1; 0: every page
	Times             int    `json:"times,omitempty"` // 0: until it is taken back
	Status            int    `json:"status,omitempty"`
	RetryAfterSeconds int    `json:"retryAfterSeconds,omitempty"`
	DelayMillis       int    `json:"delayMillis,omitempty"`
}

func (f Fault) validate() error {
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("kind is %q: use one of %v", f.Kind, kinds)
	case f.Kind == Status && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status is %d: use 400 to 599", f.Status)
	case f.Page < 0 || f.Times < 0 || f.RetryAfterSeconds < 0 || f.DelayMillis < 0:
		return fmt.Errorf("page, times, retryAfterSeconds and delayMillis are not below 0")
	}
	return nil
}

// Misbehave adds a fault. It panics on one that makes no sense, because that
// is a mistake in a test.
func (s *Server) Misbehave(f Fault) {
	if err := f.validate(); err != nil {
		panic("provider: " + err.Error())
	}
	s.faults.add(f)
}

// Faults returns what still acts, with the times that are left.
func (s *Server) Faults() []Fault { return s.faults.list() }

// Behave takes all faults back.
func (s *Server) Behave() { s.faults.clear() }

type faults struct {
	mu     sync.Mutex
	active []Fault // guarded by mu
}

func (f *faults) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = append(f.active, fault)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = nil
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.active)
}

// take returns the faults that act on a page, counted from 0, and counts them.
func (f *faults) take(path string, page int) acting {
	f.mu.Lock()
	defer f.mu.Unlock()
	var taken acting
	kept := f.active[:0]
	for _, fault := range f.active {
		if fault.acts(path, page) {
			taken = append(taken, fault)
			if fault.Times == 1 {
				continue
			}
			fault.Times = max(0, fault.Times-1)
		}
		kept = append(kept, fault)
	}
	f.active = kept
	return taken
}

func (f Fault) acts(path string, page int) bool {
	return strings.HasPrefix(path, f.Path) && (f.Page == 0 || f.Page == page+1)
}

// acting are the faults that act on one request.
type acting []Fault

func (a acting) find(k Kind) (Fault, bool) {
	i := slices.IndexFunc(a, func(f Fault) bool { return f.Kind == k })
	if i < 0 {
		return Fault{}, false
	}
	return a[i], true
}

func (a acting) has(k Kind) bool {
	_, ok := a.find(k)
	return ok
}
