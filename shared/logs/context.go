package logs

import (
	"context"
	"slices"
)

const (
	maxEntities = 8   // that a record names
	maxField    = 256 // bytes of a field that a context holds
)

// Entity is a thing that records are about: an order, a courier, a shop.
type Entity struct{ Type, ID string }

// String returns the form that records are searched by: "order:123".
func (e Entity) String() string {
	if e == (Entity{}) {
		return ""
	}
	return e.Type + ":" + e.ID
}

// Fields are what every record under a context says.
type Fields struct {
	Request   string // of the HTTP request that all this came from
	Trace     string // W3C trace id, 32 hexadecimal digits; anything else is ignored
	Span      string // W3C span id, 16 hexadecimal digits; anything else is ignored
	Caller    string // who asked: "courier:7"
	Operation string
	Job       string
	Entity    Entity   // what it is about; the last one set is the first in a record
	Entities  []Entity // what else it is about; those of outer contexts stay
}

// scope is what a context holds. It is never changed once it is in one.
type scope struct {
	Fields
	names   []string // Entity and Entities as records have them
	parent  string   // the span that caused Span
	unused  bool     // Span came with Restore, and no lifecycle has taken it yet
	private bool     // records are written to Out alone: the store itself is at work
}

type scopeKey struct{}

var empty = &scope{}

func scopeOf(ctx context.Context) *scope {
	if ctx == nil {
		return empty
	}
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		return s
	}
	return empty
}

func (s *scope) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// With returns a context whose records also say what is not empty in f.
// Entities add up, the latest first and at most eight. The record of the
// operation that ctx belongs to takes up what it did not know when it began: who
// called, its job, its entities, and a better name.
func With(ctx context.Context, f Fields) context.Context {
	s := scopeOf(ctx).with(f)
	if op := operationOf(ctx); op != nil {
		op.learn(s, f)
	}
	return s.in(ctx)
}

// From returns the fields of ctx. Do not change its Entities.
func From(ctx context.Context) Fields { return scopeOf(ctx).Fields }

func (s *scope) with(f Fields) *scope {
	n := *s
	set(&n.Request, f.Request)
	if isID(f.Trace, traceSize) {
		n.Trace = f.Trace
	}
	if isID(f.Span, spanSize) {
		n.Span = f.Span
	}
	set(&n.Caller, f.Caller)
	set(&n.Operation, f.Operation)
	set(&n.Job, f.Job)
	if f.Entity != (Entity{}) || len(f.Entities) > 0 {
		n.name(slices.Concat([]Entity{f.Entity}, f.Entities, []Entity{s.Entity}, s.Entities))
	}
	return &n
}

func set(field *string, value string) {
	if value != "" {
		*field = cut(value, maxField)
	}
}

// name makes all the entities of s, without empty and repeated ones.
func (s *scope) name(all []Entity) {
	s.Entity, s.Entities, s.names = Entity{}, nil, nil
	for _, e := range all {
		name := cut(e.String(), maxField)
		if name == "" || slices.Contains(s.names, name) || len(s.names) == maxEntities {
			continue
		}
		if len(s.names) == 0 {
			s.Entity = e
		} else {
			s.Entities = append(s.Entities, e)
		}
		s.names = append(s.names, name)
	}
}

// spanned returns s under a span of its own, for an operation that begins: in
// the span that came with Restore if that is unused, in a trace of its own if
// there is none.
func (s *scope) spanned() *scope {
	n := *s
	n.span()
	return &n
}

// span is spanned, for a scope that is in no context yet.
func (s *scope) span() {
	if s.Trace == "" {
		s.Trace, s.Span = newID(16), ""
	}
	if !s.unused {
		s.parent, s.Span = s.Span, newID(8)
	}
	s.unused = false
}
