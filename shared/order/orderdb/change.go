package orderdb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// tries bounds how often a change is tried again where others were faster.
const tries = 8

// With returns more writes that go with the change of an order from one to another.
type With func(ctx context.Context, before, after order.Order) ([]docs.Write, error)

// Change stores f of an order, puts back or takes away the stock that it held,
// makes the writes that go with it, and emits the events of the change, in one
// commit. Where another change comes between, f sees that one. An error of f
// changes nothing, as does an f that leaves the version as it is.
func (s *Store) Change(ctx context.Context, id order.ID, f func(order.Order) (order.Order, error), with ...With) (order.Order, error) {
	for try := 1; ; try++ {
		o, err := s.change(ctx, id, f, with)
		if !raced(err) && !errors.Is(err, docs.ErrNotFound) || try == tries {
			return o, err
		}
		if err := pause(ctx, try); err != nil {
			return o, err
		}
	}
}

func (s *Store) change(ctx context.Context, id order.ID, f func(order.Order) (order.Order, error), with []With) (order.Order, error) {
	l := s.Lookup(id)
	if err := s.db.Fetch(ctx, l); err != nil {
		return order.Order{}, known(err, id)
	}
	if !l.Exists {
		return order.Order{}, fmt.Errorf("%w %q", order.ErrUnknown, id)
	}
	after, err := f(l.Data)
	if err != nil || after.Version == l.Data.Version {
		return l.Data, err
	}
	writes, err := s.restock(ctx, l.Data, after.State)
	if err != nil {
		return l.Data, err
	}
	for _, w := range with {
		more, err := w(ctx, l.Data, after)
		if err != nil {
			return l.Data, err
		}
		writes = append(writes, more...)
	}
	if err := s.db.Commit(ctx, append(writes, s.Transition(l, after)...)...); err != nil {
		return l.Data, fmt.Errorf("change order %s: %w", id, err)
	}
	return after, nil
}

// restock returns the writes by which the stock of o follows it to a state.
func (s *Store) restock(ctx context.Context, o order.Order, to order.State) ([]docs.Write, error) {
	f := order.StockChange(o.State, to)
	if f == nil {
		return nil, nil
	}
	g := s.gather(o.Shop)
	g.add(o.Lines)
	if err := s.db.Fetch(ctx, g.fetchers()...); err != nil {
		return nil, fmt.Errorf("stock of order %s: %w", o.ID, err)
	}
	g.fetched()
	g.change(o.Lines, f)
	return g.writes(), nil
}

// raced reports whether a commit was refused because another came first.
func raced(err error) bool { return errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrExists) }

// pause waits a little longer after every try, each caller for another time.
func pause(ctx context.Context, try int) error {
	longest := 4 * time.Millisecond << try
	select {
	case <-time.After(rand.N(longest)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
