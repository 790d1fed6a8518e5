package docs

import (
	"context"
	"time"

	"cloud.google.com/go/firestore"

	"lastmile/shared/event"
)

// Write is one change that a commit makes.
type Write struct {
	path   string
	add    func(batch, *firestore.DocumentRef) error
	once   bool
	events []event.Event
	origin context.Context // of the events; nil is the commit's
	then   func()
}

// batch is what takes writes: a commit or a transaction.
type batch interface {
	Create(*firestore.DocumentRef, any) error
	Set(*firestore.DocumentRef, any, ...firestore.SetOption) error
	Update(*firestore.DocumentRef, []firestore.Update, ...firestore.Precondition) error
	Delete(*firestore.DocumentRef, ...firestore.Precondition) error
}

// Create adds a document. The commit returns [ErrExists] if it is there.
func (c Collection[T]) Create(id string, v T) Write {
	return c.write(id, func(b batch, ref *firestore.DocumentRef) error { return b.Create(ref, v) })
}

// Set writes a document, whether it is there or not.
func (c Collection[T]) Set(id string, v T) Write {
	return c.write(id, func(b batch, ref *firestore.DocumentRef) error { return b.Set(ref, v) })
}

// Replace writes every field of a document that was fetched as l; the commit
// returns [ErrConflict] if it has been written since, or [ErrExists] if it was
// not there and now is.
func (c Collection[T]) Replace(l *Lookup[T], v T) Write {
	if !l.Exists {
		return c.Create(l.ID, v)
	}
	return c.Update(l, fields(v)...)
}

// Merge writes the leaves of fields, a map of nested maps, into a document, and
// creates it if it is not there. It never conflicts with another Merge.
func (c Collection[T]) Merge(id string, fields map[string]any) Write {
	return c.write(id, func(b batch, ref *firestore.DocumentRef) error { return b.Set(ref, fields, firestore.MergeAll) })
}

// Field is a new value of one field of a document.
type Field struct {
	// Path leads to the field through nested maps.
	Path  []string
	Value any
}

// Update changes fields of a document that must be there; the commit returns
// [ErrNotFound] if it is not. If l was fetched, the commit returns [ErrConflict]
// if the document has been written since.
func (c Collection[T]) Update(l *Lookup[T], fields ...Field) Write {
	return c.write(l.ID, func(b batch, ref *firestore.DocumentRef) error {
		updates := make([]firestore.Update, len(fields))
		for i, f := range fields {
			updates[i] = firestore.Update{FieldPath: f.Path, Value: f.Value}
		}
		if l.Updated.IsZero() {
			return b.Update(ref, updates)
		}
		return b.Update(ref, updates, firestore.LastUpdateTime(l.Updated))
	})
}

// Delete removes a document, if it is there.
func (c Collection[T]) Delete(id string) Write {
	return c.write(id, func(b batch, ref *firestore.DocumentRef) error { return b.Delete(ref) })
}

func (c Collection[T]) write(id string, add func(batch, *firestore.DocumentRef) error) Write {
	return Write{path: c.document(id), add: add}
}

// inboxKept is how long an event's repeats are known: longer than Pub/Sub or a
// person replays it.
const inboxKept = 60 * 24 * time.Hour

// handled is a document of the inbox.
type handled struct {
	At      time.Time `firestore:"at"`
	Expires time.Time `firestore:"expires"`
}

// Once makes the commit an effect that this event has on this function once.
// The commit of a repeat changes nothing and returns [ErrDuplicate].
func Once(function string, id event.ID) Write {
	now := time.Now().UTC()
	w := Collection[handled]{path: "inbox"}.Create(function+":"+string(id), handled{At: now, Expires: now.Add(inboxKept)})
	w.once = true
	return w
}

// Emit publishes events after the commit, and only then. They are stored with
// it, so that a crash before they are published only delays them.
func Emit(events ...event.Event) Write { return Write{events: events} }

// Then calls f when the commit has been made, and before its events are
// published.
func Then(f func()) Write { return Write{then: f} }

// EmitFrom is [Emit] for a commit that serves several requests: the events carry
// the trace, request and caller of origin.
func EmitFrom(origin context.Context, events ...event.Event) Write {
	return Write{events: events, origin: origin}
}
