package cutover

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/shadow"
)

// Outcome is what a comparison found.
type Outcome string

// The outcomes of a comparison. Until the path in shadow is done there is none.
const (
	Same    Outcome = "same"
	Differs Outcome = "differs"

	// Skipped events could not be compared: the live path never finished, or so
	// long ago that the state it saw is gone.
	Skipped Outcome = "skipped"
)

// Comparison is what both paths did with one event.
type Comparison struct {
	Function string    `firestore:"function" json:"function"`
	Event    string    `firestore:"event" json:"event"`
	Tenant   string    `firestore:"tenant" json:"tenant"`
	At       time.Time `firestore:"at" json:"at"`
	Path     Path      `firestore:"path" json:"path"` // that was live

	Live Side `firestore:"live" json:"live"`

	// Shadow is the verdict of the path in shadow.
	Shadow string `firestore:"shadow" json:"shadow"`

	Outcome Outcome `firestore:"outcome,omitempty" json:"outcome,omitempty"`

	// Missing are effects of the live path alone, Extra those of the shadow alone.
	// The same words in both are one document with different content.
	Missing []string `firestore:"missing,omitempty" json:"missing,omitempty"`
	Extra   []string `firestore:"extra,omitempty" json:"extra,omitempty"`

	Expires time.Time `firestore:"expires" json:"expires"`
}

// Side is the live path's handling of an event.
type Side struct {
	// Verdict is "done", or the class of the error that ended it; empty before it
	// ended.
	Verdict string         `firestore:"verdict" json:"verdict"`
	Effects shadow.Effects `firestore:"effects" json:"effects"`
}

// compare fills in how the path in shadow ended, and how it differs.
func (c Comparison) compare(verdict string, effects shadow.Effects) Comparison {
	c.Shadow, c.Outcome = verdict, Same
	c.Missing, c.Extra = without(c.Live.Effects, effects), without(effects, c.Live.Effects)
	if c.Live.Verdict != verdict || len(c.Missing)+len(c.Extra) > 0 {
		c.Outcome = Differs
	}
	return c
}

// maxListed bounds the words for effects that a comparison lists.
const maxListed = 20

// without returns the words of effects that only a has.
func without(a, b shadow.Effects) []string {
	var words []string
	for _, digest := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[digest]; !ok {
			words = append(words, a[digest])
		}
	}
	slices.Sort(words)
	return words[:min(len(words), maxListed)]
}

// The collection of comparisons, and how long they are kept.
const (
	collection = "shadows"
	kept       = 7 * 24 * time.Hour
)

func (s *Store) comparisons() docs.Collection[Comparison] {
	return docs.In[Comparison](s.db, collection)
}

// Count returns how many of a function's events had an outcome.
func (s *Store) Count(ctx context.Context, function string, o Outcome) (int, error) {
	n, err := s.comparisons().Where("function", "==", function).Where("outcome", "==", o).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("comparisons of %s: %w", function, err)
	}
	return n, nil
}

// List returns up to limit comparisons with an outcome, the latest events first,
// of events before a time; the zero time is now.
func (s *Store) List(ctx context.Context, function string, o Outcome, before time.Time, limit int) ([]Comparison, error) {
	q := s.comparisons().Where("function", "==", function).Where("outcome", "==", o).OrderBy("at", docs.Desc)
	if !before.IsZero() {
		q = q.After(before)
	}
	found, err := q.Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("comparisons of %s: %w", function, err)
	}
	cs := make([]Comparison, len(found))
	for i, d := range found {
		cs[i] = d.Data
	}
	return cs, nil
}

// Indexes serve [Store.Count] and [Store.List].
func Indexes() []docs.Index {
	return []docs.Index{{Collection: collection, Fields: []string{"function", "outcome", "-at"}}}
}

// Expiries are the fields by which comparisons go.
func Expiries() []docs.Expiry { return []docs.Expiry{{Collection: collection, Field: "expires"}} }

// Plains are the fields that nobody searches by.
func Plains() []docs.Plain {
	var all []docs.Plain
	for _, field := range []string{"at", "event", "live", "shadow", "missing", "extra"} {
		all = append(all, docs.Plain{Collection: collection, Field: field})
	}
	return append(all, docs.Plain{Collection: "cutovers", Field: "flips"})
}
