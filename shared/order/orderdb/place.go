package orderdb

import (
	"context"
	"fmt"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// placeTimeout bounds how long a commit of orders is tried.
const placeTimeout = 20 * time.Second

// Place stores a new order, takes the stock that it needs, makes the writes
// that go with it, and emits its events, in one commit. An order of this id that
// is there is returned as it is, with created false. Where there is not enough
// in stock nothing happens, and the error is a [*order.ShortError]. Where a write
// that goes with it is refused nothing happens either, and the error is
// [docs.ErrExists] or [docs.ErrConflict].
func (s *Store) Place(ctx context.Context, o order.Order, with ...docs.Write) (placed order.Order, created bool, err error) {
	p := &placement{ctx: ctx, order: o, with: with, done: make(chan outcome, 1)}
	if err := s.tills.join(p, s.place); err != nil {
		return o, false, err
	}
	select {
	case out := <-p.done:
		return out.order, out.created, out.err
	case <-ctx.Done():
	}
	if s.tills.leave(p) {
		return o, false, fmt.Errorf("place order %s: %w: %w", o.ID, docs.ErrUnavailable, ctx.Err())
	}
	out := <-p.done // it is being committed, which ends soon
	return out.order, out.created, out.err
}

// place places a batch of orders of one shop, and tells each what became of it.
func (s *Store) place(batch []*placement) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(batch[0].ctx), placeTimeout)
	defer cancel()
	most := tries
	if len(batch[0].with) > 0 {
		most = 3 // what is refused again is refused for good
	}
	for try := 1; ; try++ {
		outcomes, err := s.tryPlace(ctx, batch)
		if raced(err) && try < most && pause(ctx, try) == nil {
			continue
		}
		for i, p := range batch {
			if err != nil {
				outcomes[i] = outcome{order: p.order, err: fmt.Errorf("place order %s: %w", p.order.ID, err)}
			}
			p.done <- outcomes[i]
		}
		return
	}
}

// tryPlace places a batch in one commit. Its outcomes hold if it returns no
// error.
func (s *Store) tryPlace(ctx context.Context, batch []*placement) ([]outcome, error) {
	outcomes := make([]outcome, len(batch))
	there, g, err := s.fetchFor(ctx, batch)
	if err != nil {
		return outcomes, err
	}
	var writes []docs.Write
	for i, p := range batch {
		if stored, ok := there[p.order.ID]; ok {
			outcomes[i] = outcome{order: stored}
			continue
		}
		if err := g.hold(p.order.Lines); err != nil {
			outcomes[i] = outcome{order: p.order, err: err}
			continue
		}
		there[p.order.ID] = p.order
		outcomes[i] = outcome{order: p.order, created: true}
		writes = append(append(writes, s.created(p)...), p.with...)
	}
	return outcomes, s.db.Commit(ctx, append(writes, g.writes()...)...)
}

func (s *Store) created(p *placement) []docs.Write {
	return []docs.Write{
		s.orders().Create(string(p.order.ID), p.order),
		docs.EmitFrom(p.ctx, p.order.Follow(order.Order{})...),
	}
}

// fetchFor reads all that a batch needs in one round trip: which of its orders
// are there, and its shelves.
func (s *Store) fetchFor(ctx context.Context, batch []*placement) (map[order.ID]order.Order, *shelves, error) {
	g := s.gather(batch[0].order.Shop)
	lookups := make([]*docs.Lookup[order.Order], len(batch))
	var fetchers []docs.Fetcher
	for i, p := range batch {
		g.add(p.order.Lines)
		lookups[i] = s.Lookup(p.order.ID)
		fetchers = append(fetchers, lookups[i])
	}
	if err := s.db.Fetch(ctx, append(fetchers, g.fetchers()...)...); err != nil {
		return nil, g, err
	}
	g.fetched()
	there := make(map[order.ID]order.Order)
	for _, l := range lookups {
		if l.Exists {
			there[order.ID(l.ID)] = l.Data
		}
	}
	return there, g, nil
}
