// Package scoredb keeps the scores of couriers in Firestore.
//
// It owns the collections scores, scores/{courier}/facts, scoreconfig and
// scorezones, with their versions. It promises that a fact counts once, whatever
// is delivered twice or crashes, as it is stored with its effect; that every
// version of the config and of what is usual in a zone stays readable; and that
// the scores of any number of couriers are one round trip.
package scoredb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/score"
)

// ErrUnknown is returned for a fact that is not stored.
var ErrUnknown = errors.New("no such fact")

// Store keeps scores. It is safe for concurrent use.
type Store struct{ db *docs.DB }

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db} }

// courier is a document of scores.
type courier struct {
	Zone    string    `firestore:"zone"`
	Packed  []byte    `firestore:"packed"` // a score.Ledger
	Updated time.Time `firestore:"updated"`
}

// counted is a document of facts. That it is there is what makes a fact count
// once.
type counted struct {
	score.Fact
	Expires time.Time `firestore:"expires"`
}

// factsKept is for how long repeats are known; later ones would not count anyway.
const factsKept = (score.Kept + 30) * 24 * time.Hour

func (s *Store) scores() docs.Collection[courier] { return docs.In[courier](s.db, "scores") }

func (s *Store) facts(courier string) docs.Collection[counted] {
	return docs.In[counted](s.db, "scores", courier, "facts")
}

// foldTries bounds how often a fact is folded again because others of the same
// courier came between.
const foldTries = 8

// Fold counts f, once. It reports false for a repeat.
func (s *Store) Fold(ctx context.Context, f score.Fact, now time.Time) (bool, error) {
	for try := 1; ; try++ {
		fresh, err := s.fold(ctx, f, now)
		raced := errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists)
		if err == nil || !raced || try == foldTries {
			return fresh, err
		}
	}
}

func (s *Store) fold(ctx context.Context, f score.Fact, now time.Time) (bool, error) {
	before, known := s.scores().Lookup(f.Courier), s.facts(f.Courier).Lookup(f.ID)
	if err := s.db.Fetch(ctx, before, known); err != nil || known.Exists {
		return false, err
	}
	ledger, err := score.Unpack(before.Data.Packed)
	if err != nil {
		return false, fmt.Errorf("score of courier %s: %w", f.Courier, err)
	}
	ledger = ledger.After(f)
	err = s.db.Commit(ctx,
		s.facts(f.Courier).Create(f.ID, counted{f, f.At.Add(factsKept)}),
		s.scores().Replace(before, courier{ledger.Zone(), ledger.Pack(), now}))
	if err != nil {
		return false, fmt.Errorf("fold fact %s into the score of courier %s: %w", f.ID, f.Courier, err)
	}
	return true, nil
}

// Fact returns a fact about a courier, or [ErrUnknown].
func (s *Store) Fact(ctx context.Context, courier, id string) (score.Fact, error) {
	f, err := s.facts(courier).Get(ctx, id)
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return score.Fact{}, fmt.Errorf("%w: %s of courier %s", ErrUnknown, id, courier)
	}
	f.ID = id
	return f.Fact, err
}

// Facts returns up to limit facts about a courier, the newest first. After is the
// place of the last one of the page before.
func (s *Store) Facts(ctx context.Context, courier string, after docs.Place, limit int) ([]score.Fact, error) {
	found, err := s.facts(courier).Query().Beyond(after, "at", docs.Desc).Limit(limit).All(ctx)
	facts := make([]score.Fact, len(found))
	for i, d := range found {
		facts[i] = d.Data.Fact
		facts[i].ID = d.ID
	}
	return facts, err
}

// Indexes are what the queries of this package need.
func Indexes() []docs.Index { return nil }

// Expiries are the fields by which Firestore deletes what is old.
func Expiries() []docs.Expiry { return []docs.Expiry{{Collection: "facts", Field: "expires"}} }

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{{Collection: "scores", Field: "packed"}, {Collection: "scores", Field: "updated"}}
}
