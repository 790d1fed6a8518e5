// Package deadletterdb keeps dead letters in Firestore, in the collection
// deadletters. A repeat of a letter changes nothing; an event that fails again
// after a replay waits again.
package deadletterdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lastmile/shared/deadletter"
	"lastmile/shared/docs"
)

// Store keeps dead letters.
type Store struct{ db *docs.DB }

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db} }

func (s *Store) letters() docs.Collection[deadletter.Letter] {
	return docs.In[deadletter.Letter](s.db, "deadletters")
}

// filtered are the fields that a filter may name.
func filtered() []string { return []string{"state", "type", "function", "class"} }

// Indexes are what the queries of this package need: one for each field that a
// filter may name. Firestore merges them where several are named.
func Indexes() []docs.Index {
	var all []docs.Index
	for _, f := range filtered() {
		all = append(all, docs.Index{Collection: "deadletters", Fields: []string{f, "-at"}})
	}
	return all
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{{Collection: "deadletters", Field: "data"}, {Collection: "deadletters", Field: "attributes"}, {Collection: "deadletters", Field: "cause"}}
}

// Put keeps a letter.
func (s *Store) Put(ctx context.Context, letter deadletter.Letter) error {
	l := s.letters().Lookup(letter.ID)
	if err := s.db.Fetch(ctx, l); err != nil {
		return err
	}
	if l.Exists && l.Data.Message == letter.Message {
		return nil
	}
	letter.Replays, letter.Replayed = l.Data.Replays, l.Data.Replayed
	return s.db.Commit(ctx, s.letters().Replace(l, letter))
}

// Get returns a letter, or [deadletter.ErrUnknown].
func (s *Store) Get(ctx context.Context, id string) (deadletter.Letter, error) {
	l, err := s.letters().Get(ctx, id)
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return l, fmt.Errorf("%w %q", deadletter.ErrUnknown, id)
	}
	return l, err
}

// List returns up to limit letters, the newest first, from a cursor on (empty:
// from the newest), and the cursor of the next ones; empty if there are none.
func (s *Store) List(ctx context.Context, f deadletter.Filter, cursor string, limit int) ([]deadletter.Letter, string, error) {
	q := s.letters().Query()
	values := []string{string(f.State), f.Type, f.Function, f.Class}
	for i, field := range filtered() {
		if values[i] != "" {
			q = q.Where(field, "==", values[i])
		}
	}
	if !f.From.IsZero() {
		q = q.Where("at", ">=", f.From)
	}
	if !f.To.IsZero() {
		q = q.Where("at", "<", f.To)
	}
	q = q.OrderBy("at", docs.Desc).OrderBy("__name__", docs.Desc).Limit(limit)
	if cursor != "" {
		at, id, err := parse(cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.After(at, id)
	}
	found, err := q.All(ctx)
	if err != nil {
		return nil, "", err
	}
	all := make([]deadletter.Letter, len(found))
	for i, d := range found {
		all[i] = d.Data
	}
	if len(all) < limit {
		return all, "", nil
	}
	last := all[limit-1]
	return all, last.At.Format(time.RFC3339Nano) + "|" + last.ID, nil
}

func parse(cursor string) (time.Time, string, error) {
	before, id, ok := strings.Cut(cursor, "|")
	at, err := time.Parse(time.RFC3339Nano, before)
	if !ok || err != nil || id == "" || strings.Contains(id, "/") {
		return at, id, fmt.Errorf("%w %.80q: use one that a list gave", deadletter.ErrBadCursor, cursor)
	}
	return at, id, nil
}

// Replayed notes that letters, as they were read, have been published again. A
// letter that has failed again since keeps waiting.
func (s *Store) Replayed(ctx context.Context, now time.Time, letters ...deadletter.Letter) error {
	for try := 1; ; try++ {
		err := s.replayed(ctx, now, letters)
		if !errors.Is(err, docs.ErrConflict) || try == replayTries {
			return err
		}
	}
}

// replayTries bounds how often letters are read again that change meanwhile.
const replayTries = 4

func (s *Store) replayed(ctx context.Context, now time.Time, letters []deadletter.Letter) error {
	lookups := make([]*docs.Lookup[deadletter.Letter], len(letters))
	fetch := make([]docs.Fetcher, len(letters))
	for i, l := range letters {
		lookups[i] = s.letters().Lookup(l.ID)
		fetch[i] = lookups[i]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return err
	}
	var writes []docs.Write
	for i, l := range lookups {
		after := l.Data
		after.Replays, after.Replayed = after.Replays+1, now
		if after.Message == letters[i].Message {
			after.State = deadletter.Replayed
		}
		if l.Exists {
			writes = append(writes, s.letters().Replace(l, after))
		}
	}
	return s.db.Commit(ctx, writes...)
}
