// Package assigndb keeps in Firestore which couriers are asked to carry which
// orders, and who said yes.
//
// It owns the collections dispatch, dispatch/{order}/answers, rounds with their
// roundparts, and dispatchsettings with their versions, and changes the load of
// couriers. It promises that an order is won once: the winner, the end of all other
// offers and the winner's load are one commit of two documents, which fails if
// either has changed; so whoever comes second learns it from the same call. What
// follows from a change is emitted in its commit.
package assigndb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
	"lastmile/shared/docs"
)

// Couriers are the documents of couriers, whose load changes with an acceptance.
type Couriers interface {
	Lookup(id courier.ID) *docs.Lookup[courier.Courier]
	Replace(l *docs.Lookup[courier.Courier], c courier.Courier) docs.Write
}

// Store keeps searches for couriers. It is safe for concurrent use.
type Store struct {
	db       *docs.DB
	couriers Couriers
	turns    turns
}

// New returns a Store in db.
func New(db *docs.DB, couriers Couriers) *Store {
	return &Store{db: db, couriers: couriers, turns: turns{queues: map[string]*queue{}}}
}

func (s *Store) dispatches() docs.Collection[dispatch.Dispatch] {
	return docs.In[dispatch.Dispatch](s.db, "dispatch")
}

func (s *Store) answers(order string) docs.Collection[dispatch.Answer] {
	return docs.In[dispatch.Answer](s.db, "dispatch", order, "answers")
}

// Get returns the search for the courier of an order, or [dispatch.ErrUnknown].
func (s *Store) Get(ctx context.Context, order string) (dispatch.Dispatch, error) {
	d, err := s.dispatches().Get(ctx, order)
	return d, known(order, err)
}

func known(order string, err error) error {
	if errors.Is(err, docs.ErrNotFound) || errors.Is(err, docs.ErrBadID) {
		return fmt.Errorf("%w: %s", dispatch.ErrUnknown, order)
	}
	return err
}

// Many returns the searches of those orders that have one, in one round trip.
func (s *Store) Many(ctx context.Context, orders ...string) (map[string]dispatch.Dispatch, error) {
	lookups := make([]*docs.Lookup[dispatch.Dispatch], len(orders))
	fetch := make([]docs.Fetcher, len(orders))
	for i, o := range orders {
		lookups[i] = s.dispatches().Lookup(o)
		fetch[i] = lookups[i]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	found := make(map[string]dispatch.Dispatch, len(orders))
	for _, l := range lookups {
		if l.Exists {
			found[l.ID] = l.Data
		}
	}
	return found, nil
}

// Start begins a search, and reports whether it did: not where there is one for
// the order.
func (s *Store) Start(ctx context.Context, d dispatch.Dispatch) (began bool, err error) {
	err = s.db.Commit(ctx, s.dispatches().Create(d.Order, d), docs.Emit(d.Event()))
	if errors.Is(err, docs.ErrExists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("start the search for a courier of order %s: %w", d.Order, err)
	}
	return true, nil
}

// tries bounds how often a change is tried again where others were faster.
const tries = 10

// again calls f until it does not fail because another change came between: at
// once, as that change can be read, and after a pause where it fails once more.
func again(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		raced := errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists)
		if err == nil || !raced || try == tries {
			return err
		}
		if try == 1 {
			continue
		}
		select {
		case <-time.After(rand.N(time.Millisecond << min(try, 6))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Indexes are what the queries of this package need.
func Indexes() []docs.Index {
	return []docs.Index{
		{Collection: "dispatch", Fields: []string{"zone", "state", "created"}},
		{Collection: "dispatch", Fields: []string{"state", "created"}},
		{Collection: "dispatch", Fields: []string{"open", "due"}},
		{Collection: "rounds", Fields: []string{"orders[]", "-at"}},
		{Collection: "rounds", Fields: []string{"zone", "-at"}},
	}
}

// Expiries are the fields by which Firestore deletes what is old.
func Expiries() []docs.Expiry {
	return []docs.Expiry{{Collection: "rounds", Field: "expires"}, {Collection: "roundparts", Field: "expires"}}
}

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	var all []docs.Plain
	for _, f := range []string{"ask", "offers", "gen", "round", "version", "customer", "picked_up", "changed", "stall_after", "settings"} {
		all = append(all, docs.Plain{Collection: "dispatch", Field: f})
	}
	return append(all, docs.Plain{Collection: "rounds", Field: "packed"}, docs.Plain{Collection: "roundparts", Field: "packed"},
		docs.Plain{Collection: "answers", Field: "at"})
}
