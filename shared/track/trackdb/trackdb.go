// Package trackdb keeps in Firestore where couriers were last, and the trails of
// orders.
//
// It owns the collections positions, one document for each shard of couriers, and
// orders/{id}/trail, one for each courier and [track.Window]. It promises that
// merging the same fixes again, or older ones, writes nothing.
package trackdb

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/track"
)

// Store keeps positions and trails.
type Store struct {
	db  *docs.DB
	now func() time.Time
}

// New returns a Store in db.
func New(db *docs.DB) *Store { return &Store{db, func() time.Time { return time.Now().UTC() }} }

// shard is a document of positions.
type shard struct {
	Packed   []byte    `firestore:"packed"` // a track.Newest
	Couriers int       `firestore:"couriers"`
	Updated  time.Time `firestore:"updated"`
}

func (s *Store) shards() docs.Collection[shard] { return docs.In[shard](s.db, "positions") }

// MergePositions takes fixes of couriers of one shard into its document, in one
// transaction.
func (s *Store) MergePositions(ctx context.Context, number int, fixes []track.Fix) error {
	err := s.db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error {
		l := s.shards().Lookup(strconv.Itoa(number))
		if err := tx.Fetch(l); err != nil {
			return err
		}
		newest, err := track.Unpack(l.Data.Packed)
		if err != nil {
			return err
		}
		if newest.Merge(fixes...) > 0 {
			tx.Write(s.shards().Set(l.ID, shard{newest.Pack(), len(newest), s.now()}))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("merge %d positions into shard %d: %w", len(fixes), number, err)
	}
	return nil
}

// Positions returns the last known fixes of all couriers, in one round trip.
func (s *Store) Positions(ctx context.Context) (track.Newest, error) {
	lookups := make([]*docs.Lookup[shard], track.Shards)
	fetchers := make([]docs.Fetcher, track.Shards)
	for i := range lookups {
		lookups[i] = s.shards().Lookup(strconv.Itoa(i))
		fetchers[i] = lookups[i]
	}
	if err := s.db.Fetch(ctx, fetchers...); err != nil {
		return nil, fmt.Errorf("positions: %w", err)
	}
	all := track.Newest{}
	for _, l := range lookups {
		newest, err := track.Unpack(l.Data.Packed)
		if err != nil {
			return nil, fmt.Errorf("positions of shard %s: %w", l.ID, err)
		}
		all.Merge(newest.Fixes()...)
	}
	return all, nil
}

// Expiries are the fields by which Firestore deletes what is old.
func Expiries() []docs.Expiry { return []docs.Expiry{{Collection: "trail", Field: "expires"}} }

// Plains are the fields that no query uses.
func Plains() []docs.Plain {
	return []docs.Plain{
		{Collection: "positions", Field: "packed"}, {Collection: "positions", Field: "couriers"}, {Collection: "positions", Field: "updated"},
		{Collection: "trail", Field: "packed"}, {Collection: "trail", Field: "spots"}, {Collection: "trail", Field: "courier"},
	}
}
