// Package logsdb keeps log records in Firestore, in the collection "logs".
package logsdb

import (
	"context"
	"fmt"

	"lastmile/shared/docs"
	"lastmile/shared/logs"
)

// Store keeps records. A record that is stored again replaces the one with its
// id.
type Store struct {
	open func() (*docs.DB, error)
}

// New returns a Store on the database that open returns when the first records
// are stored.
func New(open func() (*docs.DB, error)) *Store { return &Store{open: open} }

// maxCommit bounds the records of one commit.
const maxCommit = 400

// Append stores records, in commits of a few hundred.
func (s *Store) Append(ctx context.Context, rs []logs.Record) error {
	db, err := s.open()
	if err != nil {
		return fmt.Errorf("store records: %w", err)
	}
	records := docs.In[logs.Record](db, "logs")
	for len(rs) > 0 {
		n := min(len(rs), maxCommit)
		writes := make([]docs.Write, n)
		for i, r := range rs[:n] {
			writes[i] = records.Set(r.ID, r)
		}
		if err := db.Commit(ctx, writes...); err != nil {
			return fmt.Errorf("store %d records: %w", len(rs), err)
		}
		rs = rs[n:]
	}
	return nil
}
