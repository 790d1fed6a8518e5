// Package locationingest brings the latest positions of couriers, and the trails
// of orders, into the database.
//
// Trigger: location.batch.v1. Replays are harmless, and so are messages that
// overtake each other: a fix is compared with what is stored, and the newest of
// each courier stays. Those who watch the whole fleet are told what moved.
package locationingest

import (
	"context"
	"fmt"

	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/geo"
	"lastmile/shared/track"
)

// Store merges positions and trails into what is there; merging them again
// changes nothing.
type Store interface {
	MergePositions(ctx context.Context, shard int, fixes []track.Fix) error
	MergeTrails(ctx context.Context, pieces []track.Piece) error
}

// Function is the location-ingest function.
type Function struct {
	store    Store
	watchers Watchers
}

// New returns a Function that merges into s, and tells w; nil is nobody.
func New(s Store, w Watchers) *Function { return &Function{s, w} }

// Handle merges one batch.
func (f *Function) Handle(ctx context.Context, e event.LocationBatch) error {
	fixes, err := fixes(e)
	if err != nil {
		return err
	}
	pieces, err := pieces(e)
	if err != nil {
		return err
	}
	if len(fixes) > 0 {
		if err := f.store.MergePositions(ctx, e.Shard, fixes); err != nil {
			return err
		}
		f.tell(ctx, e)
	}
	return f.store.MergeTrails(ctx, pieces)
}

func fixes(e event.LocationBatch) ([]track.Fix, error) {
	if e.Shard >= track.Shards {
		return nil, fmt.Errorf("%w: shard %d is not one of %d", function.ErrPermanent, e.Shard, track.Shards)
	}
	fixes := make([]track.Fix, len(e.Positions))
	for i, p := range e.Positions {
		fixes[i] = track.Fix{
			Courier: track.CourierID(p.Courier), At: p.At, Seq: p.Seq, Point: geo.Point{Lat: p.Lat, Lng: p.Lng},
			Accuracy: p.Accuracy, Speed: p.Speed, Heading: p.Heading,
		}
		if err := fixes[i].Check(); err != nil {
			return nil, fmt.Errorf("%w: courier %q: %w", function.ErrPermanent, p.Courier, err)
		}
	}
	return fixes, nil
}

func pieces(e event.LocationBatch) ([]track.Piece, error) {
	pieces := make([]track.Piece, len(e.Trails))
	for i, t := range e.Trails {
		trail, err := track.UnpackTrail(t.Points)
		if err != nil {
			return nil, fmt.Errorf("%w: trail of order %q: %w", function.ErrPermanent, t.Order, err)
		}
		pieces[i] = track.Piece{Order: track.OrderID(t.Order), Courier: track.CourierID(t.Courier), Trail: trail}
		if err := pieces[i].Check(); err != nil {
			return nil, fmt.Errorf("%w: trail of order %q: %w", function.ErrPermanent, t.Order, err)
		}
	}
	return pieces, nil
}
