package assigndb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

// ErrNoRound is returned for a round that is not stored, or not any more.
var ErrNoRound = errors.New("no such round")

// Round is a decision with all that it was made of.
type Round struct {
	ID       string          `json:"id"`
	Zone     string          `json:"zone"`
	At       time.Time       `json:"at"`
	Scores   int             `json:"scores" doc:"version of the config that made the scores"`
	Guessed  bool            `json:"guessed" doc:"the times on the road are of the straight line: the distance service did not answer"`
	Input    assign.Round    `json:"input"`
	Travel   *assign.Table   `json:"travel" doc:"the times on the road that the round asked for"`
	Decision assign.Decision `json:"decision"`
}

// stored is a document of rounds.
type stored struct {
	Zone    string    `firestore:"zone"`
	Orders  []string  `firestore:"orders"`
	At      time.Time `firestore:"at"`
	Packed  []byte    `firestore:"packed"` // a Round: JSON, gzip; or the beginning of it
	Parts   int       `firestore:"parts"`  // how many documents hold the rest
	Expires time.Time `firestore:"expires"`
}

const roundsKept = 30 * 24 * time.Hour

func (s *Store) rounds() docs.Collection[stored] { return docs.In[stored](s.db, "rounds") }

// Decided is what a round made of one search.
type Decided struct {
	Before *docs.Lookup[dispatch.Dispatch]
	After  dispatch.Dispatch
}

// Lookups reads searches that a round is to decide on, as they are.
func (s *Store) Lookups(ctx context.Context, orders ...string) ([]*docs.Lookup[dispatch.Dispatch], error) {
	lookups := make([]*docs.Lookup[dispatch.Dispatch], len(orders))
	fetch := make([]docs.Fetcher, len(orders))
	for i, o := range orders {
		lookups[i] = s.dispatches().Lookup(o)
		fetch[i] = lookups[i]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	return lookups, nil
}

// Keep stores a round before what it decided: no decision is without its ledger.
func (s *Store) Keep(ctx context.Context, r Round) error {
	packed, err := pack(r)
	if err != nil {
		return fmt.Errorf("keep round %s: %w", r.ID, err)
	}
	orders := make([]string, len(r.Input.Orders))
	for i, o := range r.Input.Orders {
		orders[i] = o.ID
	}
	expires := r.At.Add(roundsKept)
	first, rest := s.divided(r.ID, packed, expires)
	writes := append(rest, s.rounds().Set(r.ID, stored{r.Zone, orders, r.At, first, len(rest), expires}))
	if err := s.db.Commit(ctx, writes...); err != nil {
		return fmt.Errorf("keep round %s: %w", r.ID, err)
	}
	return nil
}

// Decide stores what a round made of the searches of one trip, in one commit. It
// returns [docs.ErrConflict] if one of them has gone on since it was read: the
// round came too late for it.
func (s *Store) Decide(ctx context.Context, trip []Decided, now time.Time) error {
	var writes []docs.Write
	for _, d := range trip {
		if d.After.Version > d.Before.Data.Version {
			writes = append(writes, s.transition(d.Before, d.After, "", now)...)
		}
	}
	return s.db.Commit(ctx, writes...)
}

// Round returns a round, or [ErrNoRound].
func (s *Store) Round(ctx context.Context, id string) (Round, error) {
	found, err := s.rounds().Get(ctx, id)
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return Round{}, fmt.Errorf("%w: %s", ErrNoRound, id)
	}
	if err != nil {
		return Round{}, err
	}
	packed, err := s.whole(ctx, id, found)
	if err != nil {
		return Round{}, err
	}
	r, err := unpack(packed)
	if err != nil {
		return r, fmt.Errorf("round %s: %w", id, err)
	}
	return r, nil
}

// RoundRef names a round.
type RoundRef struct {
	ID     string    `json:"id"`
	Zone   string    `json:"zone"`
	At     time.Time `json:"at"`
	Orders []string  `json:"orders"`
}

// RoundsOf returns up to limit rounds that looked at an order, or at a zone where
// the order is empty, the newest first. After is the place of the last one of the
// page before.
func (s *Store) RoundsOf(ctx context.Context, order, zone string, after docs.Place, limit int) ([]RoundRef, error) {
	query := s.rounds().Where("zone", "==", zone)
	if order != "" {
		query = s.rounds().Where("orders", "array-contains", order)
	}
	found, err := query.Beyond(after, "at", docs.Desc).Select("zone", "at", "orders").Limit(limit).All(ctx)
	refs := make([]RoundRef, len(found))
	for i, d := range found {
		refs[i] = RoundRef{d.ID, d.Data.Zone, d.Data.At, d.Data.Orders}
	}
	return refs, err
}

// RoundID names the round that decides on these searches as they are.
func RoundID(at time.Time, first dispatch.Dispatch) string {
	return string(event.DeriveID("round", first.Order, versionID(first.Version), at.UTC().Format(time.RFC3339Nano)))
}
