// Package fault makes an emulator misbehave on request.
//
// An [Injector] holds rules; each of the emulators passes every call it serves
// through one. A rule delays a call, fails it, or performs it and loses the
// answer, which is how a real network hurts: the caller cannot know.
//
// Rules are tried in the order they were added. The first one whose turn it is
// decides the call, and the rules behind it do not count that call. Skip and
// Times are exact under concurrency: of a hundred simultaneous calls, Times: 3
// fails three. An Injector without rules costs one atomic load a call.
package fault

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Rule says which calls misbehave and how.
type Rule struct {
	Method string        // last element of the RPC ("Commit") or "VERB /path-prefix" for HTTP; "" matches every call
	Skip   int           // let this many matching calls through first
	Times  int           // then act on this many; 0 = on all
	Code   codes.Code    // fail with this code (HTTP: mapped to a status); codes.OK = do not fail
	Delay  time.Duration // wait first (honours the call's context)
	After  bool          // do the call, THEN fail: the effect happened and the answer is lost
}

// Injector applies rules to calls. The zero Injector injects nothing.
type Injector struct {
	mu    sync.Mutex // serialises writers of rules
	rules atomic.Pointer[[]*active]
}

// active is an installed rule with the number of calls that reached it.
type active struct {
	Rule
	seen atomic.Int64
}

// Add installs r behind the rules already there. The returned function takes
// it out again and may be called more than once.
func (i *Injector) Add(r Rule) (remove func()) {
	added := &active{Rule: r}
	i.edit(func(rules []*active) []*active { return append(rules, added) })
	return func() {
		i.edit(func(rules []*active) []*active {
			return slices.DeleteFunc(rules, func(a *active) bool { return a == added })
		})
	}
}

// Reset takes every rule out.
func (i *Injector) Reset() {
	i.edit(func([]*active) []*active { return nil })
}

// Call performs do under the rules for method, for servers that speak neither
// gRPC nor HTTP. The error is do's own, or a status with the rule's code.
func (i *Injector) Call(ctx context.Context, method string, do func(context.Context) error) error {
	r, ok := i.Match(method)
	if !ok {
		return do(ctx)
	}
	return r.apply(ctx, method, do)
}

// Match counts a call of method and returns the rule that decides it, if any,
// for servers that cannot put a call into a function: they obey it themselves.
func (i *Injector) Match(method string) (Rule, bool) {
	return i.match(func(pattern string) bool { return pattern == method })
}

// edit replaces the list of rules, never changing one that a call may be reading.
func (i *Injector) edit(change func([]*active) []*active) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var rules []*active
	if old := i.rules.Load(); old != nil {
		rules = slices.Clone(*old)
	}
	if rules = change(rules); len(rules) == 0 {
		i.rules.Store(nil)
		return
	}
	i.rules.Store(&rules)
}

// match returns the rule that decides a call, if any.
func (i *Injector) match(fits func(pattern string) bool) (Rule, bool) {
	rules := i.rules.Load()
	if rules == nil {
		return Rule{}, false
	}
	for _, a := range *rules {
		if (a.Method == "" || fits(a.Method)) && a.turn() {
			return a.Rule, true
		}
	}
	return Rule{}, false
}

// turn counts a call and reports whether the rule acts on it.
func (a *active) turn() bool {
	n := a.seen.Add(1) - int64(a.Skip)
	return n > 0 && (a.Times == 0 || n <= int64(a.Times))
}

// apply performs do as the rule says.
func (r Rule) apply(ctx context.Context, method string, do func(context.Context) error) error {
	if err := r.Wait(ctx); err != nil {
		return err
	}
	if r.Code == codes.OK {
		return do(ctx)
	}
	if r.After {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return status.Errorf(r.Code, "fault injected into %s", method)
}

// Wait holds a call back for the rule's delay or until its context ends.
func (r Rule) Wait(ctx context.Context) error {
	if r.Delay <= 0 {
		return nil
	}
	t := time.NewTimer(r.Delay)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}
