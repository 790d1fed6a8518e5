package trackdb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/track"
)

// chunk is a document of a trail: what one courier did in one window.
type chunk struct {
	Courier track.CourierID `firestore:"courier"`
	From    time.Time       `firestore:"from"`   // the beginning of the window
	Packed  []byte          `firestore:"packed"` // a track.Trail
	Spots   int             `firestore:"spots"`
	Expires time.Time       `firestore:"expires"`
}

// kept is how long a trail can be asked for: longer than a dispute takes.
const kept = 180 * 24 * time.Hour

func (s *Store) trail(order track.OrderID) docs.Collection[chunk] {
	return docs.In[chunk](s.db, "orders", string(order), "trail")
}

// part is what is to be merged into one chunk.
type part struct {
	order   track.OrderID
	courier track.CourierID
	window  int64
	trail   track.Trail
}

// id sorts by time.
func (p part) id() string { return fmt.Sprintf("%010d.%s", p.window, p.courier) }

func parts(pieces []track.Piece) []part {
	var all []part
	for _, p := range track.Join(pieces...) {
		for window, trail := range p.Trail.Windows() {
			all = append(all, part{p.Order, p.Courier, window, trail})
		}
	}
	return all
}

// maxParts bounds the chunks of one transaction.
const maxParts = 200

// MergeTrails takes pieces into the chunks of their trails, in one transaction
// for every few hundred chunks.
func (s *Store) MergeTrails(ctx context.Context, pieces []track.Piece) error {
	for group := range slices.Chunk(parts(pieces), maxParts) {
		err := s.db.Transact(ctx, func(_ context.Context, tx *docs.Tx) error { return s.mergeParts(tx, group) })
		if err != nil {
			return fmt.Errorf("merge %d chunks of trails: %w", len(group), err)
		}
	}
	return nil
}

func (s *Store) mergeParts(tx *docs.Tx, group []part) error {
	lookups := make([]*docs.Lookup[chunk], len(group))
	fetchers := make([]docs.Fetcher, len(group))
	for i, p := range group {
		lookups[i] = s.trail(p.order).Lookup(p.id())
		fetchers[i] = lookups[i]
	}
	if err := tx.Fetch(fetchers...); err != nil {
		return err
	}
	for i, p := range group {
		old, err := track.UnpackTrail(lookups[i].Data.Packed)
		if err != nil {
			return fmt.Errorf("order %s: %w", p.order, err)
		}
		merged := old.Merge(p.trail)
		if slices.Equal(merged, old) {
			continue
		}
		from := time.Unix(p.window*int64(track.Window/time.Second), 0).UTC()
		tx.Write(s.trail(p.order).Set(p.id(), chunk{p.courier, from, merged.Pack(), len(merged), s.now().Add(kept)}))
	}
	return nil
}

// maxChunks bounds the chunks that are read of a trail: four days of one courier.
const maxChunks = 200

// Trail returns the trail of an order, in a piece for each courier.
func (s *Store) Trail(ctx context.Context, order track.OrderID) ([]track.Piece, error) {
	chunks, err := s.trail(order).Query().OrderBy("from", docs.Asc).Limit(maxChunks).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("trail of order %s: %w", order, err)
	}
	pieces := make([]track.Piece, len(chunks))
	for i, c := range chunks {
		trail, err := track.UnpackTrail(c.Data.Packed)
		if err != nil {
			return nil, fmt.Errorf("trail of order %s: %w", order, err)
		}
		pieces[i] = track.Piece{Order: order, Courier: c.Data.Courier, Trail: trail}
	}
	return track.Join(pieces...), nil
}
