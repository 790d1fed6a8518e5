package distance

import (
	"context"
	"time"

	"lastmile/shared/track"
)

// Positions know where couriers were last; [*trackredis.Store] does. Every
// instance asks for itself, so that none has to be told.
type Positions interface {
	// Newest returns the newest fixes of those couriers that are known.
	Newest(ctx context.Context, couriers ...track.CourierID) ([]track.Fix, error)
}

// believed is how long a courier is where it was.
const believed = 2 * time.Second

// locate brings the couriers that spots name up to date, in one round trip or
// none. Where nobody answers, they are where they were.
func (f *Function) locate(ctx context.Context, v view, sides ...[]spot) {
	if f.positions == nil {
		return
	}
	ids := f.couriers.doubtful(sides...)
	if len(ids) == 0 {
		return
	}
	fixes, err := f.positions.Newest(ctx, ids...)
	if err != nil {
		return
	}
	for _, fix := range fixes {
		f.couriers.move(v, fix)
	}
}

// doubtful are the couriers among spots that have not been asked for of late.
func (c *couriers) doubtful(sides ...[]spot) (ids []track.CourierID) {
	now := c.now()
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, spots := range sides {
		for _, s := range spots {
			if s.id == nil {
				continue
			}
			if p, ok := c.byID[string(s.id)]; !ok || now.Sub(p.checked) >= believed {
				ids = append(ids, track.CourierID(s.id))
			}
		}
	}
	return ids
}

// move takes a fix that is newer than what is known. Memory that is full keeps
// whom it has.
func (c *couriers) move(v view, fix track.Fix) {
	if c.stays(fix) {
		return
	}
	_ = c.put(v, string(fix.Courier), fix.At, fix.Point) // whoever finds no room is unknown, and the table says so
}

// stays reports that a fix tells nothing new, and notes that it was looked for.
func (c *couriers) stays(fix track.Fix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.byID[string(fix.Courier)]
	if !ok || fix.At.After(known.at) && fix.Point != known.point {
		return false
	}
	known.checked = c.now()
	return true
}
