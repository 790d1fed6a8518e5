// Package logsdb keeps log records in Firestore, in the collection "logs".
//
// A record that is stored again replaces the one with its id. A record is never
// the reason that others are not stored: what Firestore would refuse in it is
// rewritten. Records are found by any of their fields, in the order of time, and
// go by themselves when they expire.
package logsdb

import (
	"context"
	"errors"
	"fmt"

	"lastmile/shared/docs"
	"lastmile/shared/logs"
)

const collection = "logs"

// maxCommit bounds the records of one commit.
const maxCommit = 400

// Store keeps records.
type Store struct {
	open func() (*docs.DB, error)
}

// New returns a Store on the database that open returns when the first records
// are stored.
func New(open func() (*docs.DB, error)) *Store { return &Store{open: open} }

// Append stores records, in commits of a few hundred.
func (s *Store) Append(ctx context.Context, rs []logs.Record) error {
	db, err := s.open()
	if err != nil {
		return fmt.Errorf("store records: %w", err)
	}
	for len(rs) > 0 {
		n := min(len(rs), maxCommit)
		if err := commit(ctx, db, rs[:n]); err != nil {
			return fmt.Errorf("store %d records: %w", len(rs), err)
		}
		rs = rs[n:]
	}
	return nil
}

// commit stores records at once, or in halves if they are too large for that.
func commit(ctx context.Context, db *docs.DB, rs []logs.Record) error {
	records := docs.In[logs.Record](db, collection)
	writes := make([]docs.Write, len(rs))
	for i, r := range rs {
		writes[i] = records.Set(r.ID, acceptable(r))
	}
	err := db.Commit(ctx, writes...)
	if !errors.Is(err, docs.ErrTooLarge) || len(rs) == 1 {
		return err
	}
	half := len(rs) / 2
	if err := commit(ctx, db, rs[:half]); err != nil {
		return err
	}
	return commit(ctx, db, rs[half:])
}

// Indexes serve the search for records: by any of these fields, which Firestore
// merges where several are given, forwards and backwards in time.
func Indexes() []docs.Index {
	var all []docs.Index
	for _, field := range []string{
		"service", "operation", "level", "kind", "state", "entities[]", "request", "trace", "lifecycle",
		"caller", "job", "status", "slow", "error.class",
	} {
		all = append(all,
			docs.Index{Collection: collection, Fields: []string{field, "-time"}},
			docs.Index{Collection: collection, Fields: []string{field, "time"}})
	}
	return all
}

// Expiries are the fields by which records go.
func Expiries() []docs.Expiry { return []docs.Expiry{{Collection: collection, Field: "expires"}} }

// Plains are the fields that nobody searches by. Time is one of them, because
// it only grows: a search by time names at least a level.
func Plains() []docs.Plain {
	var all []docs.Plain
	for _, field := range []string{"id", "time", "message", "span", "parent", "tookMs", "trips", "tripsBy", "calls", "error", "attrs"} {
		all = append(all, docs.Plain{Collection: collection, Field: field})
	}
	return all
}
