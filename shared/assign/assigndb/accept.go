package assigndb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
	"lastmile/shared/docs"
)

// ErrFull is returned to a courier who cannot carry more than they do.
var ErrFull = errors.New("no room for the order")

// Accept gives an order, and the others of its trip that are still to be had, to
// a courier on duty whose offer is open at now; whether they can be reached does
// not matter, as they have just called. It returns what [dispatch.Dispatch.Accept]
// does, or [ErrFull], or for who has gone off duty meanwhile [courier.ErrRefused].
func (s *Store) Accept(ctx context.Context, order, by string, now time.Time) (d dispatch.Dispatch, err error) {
	err = again(ctx, func() error {
		d, err = s.accept(ctx, order, by, now)
		return err
	})
	return d, err
}

// won is an order that a courier is about to have.
type won struct {
	before *docs.Lookup[dispatch.Dispatch]
	after  dispatch.Dispatch
}

func (s *Store) accept(ctx context.Context, order, by string, now time.Time) (dispatch.Dispatch, error) {
	end := s.turns.take(ctx, order)
	defer end()
	l, c, a := s.dispatches().Lookup(order), s.couriers.Lookup(courier.ID(by)), s.answers(order).Lookup(by)
	if err := s.db.Fetch(ctx, l, c, a); err != nil {
		return l.Data, known(order, err)
	}
	after, err := accepted(l, c, a, by, now)
	if err != nil || after.Version == l.Data.Version {
		return l.Data, err
	}
	offer, _ := after.OfferTo(by)
	trip, err := s.rest(ctx, offer.With, by, now)
	if err != nil {
		return l.Data, err
	}
	writes, err := s.acceptance(c, append([]won{{l, after}}, trip...), now)
	if err != nil {
		return l.Data, err
	}
	if err := s.db.Commit(ctx, append(writes, docs.Then(end))...); err != nil {
		return l.Data, fmt.Errorf("accept order %s: %w", order, err)
	}
	return after, nil
}

// accepted returns the search after the courier has accepted, who may.
func accepted(l *docs.Lookup[dispatch.Dispatch], c *docs.Lookup[courier.Courier], a *docs.Lookup[dispatch.Answer], by string, now time.Time) (dispatch.Dispatch, error) {
	if !l.Exists {
		return l.Data, known(l.ID, docs.ErrNotFound)
	}
	after, err := l.Data.Accept(by, now)
	if err != nil || after.Version == l.Data.Version {
		return after, err
	}
	if offer, _ := after.OfferTo(by); a.Exists && offer.AnsweredBy(a.Data) {
		return l.Data, dispatch.ErrRejected
	}
	switch {
	case !c.Exists || c.Data.Disabled:
		return l.Data, fmt.Errorf("%w: %s", courier.ErrUnknown, by)
	case !c.Data.OnDuty:
		return l.Data, fmt.Errorf("%w: off duty: go on duty to take orders", courier.ErrRefused)
	}
	return after, nil
}

// rest returns those orders of a trip that are still to be had, and that the courier
// has not rejected.
func (s *Store) rest(ctx context.Context, orders []string, by string, now time.Time) ([]won, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	lookups, answers := make([]*docs.Lookup[dispatch.Dispatch], len(orders)), make([]*docs.Lookup[dispatch.Answer], len(orders))
	var fetch []docs.Fetcher
	for i, o := range orders {
		lookups[i], answers[i] = s.dispatches().Lookup(o), s.answers(o).Lookup(by)
		fetch = append(fetch, lookups[i], answers[i])
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	var trip []won
	for i, l := range lookups {
		after, err := l.Data.Accept(by, now)
		if !l.Exists || err != nil || after.Version == l.Data.Version {
			continue
		}
		if offer, _ := after.OfferTo(by); answers[i].Exists && offer.AnsweredBy(answers[i].Data) {
			continue
		}
		trip = append(trip, won{l, after})
	}
	return trip, nil
}

// acceptance returns the writes by which a courier gets the orders of a trip, or
// as many as there is room for; the first is the one that was asked for.
func (s *Store) acceptance(c *docs.Lookup[courier.Courier], trip []won, now time.Time) ([]docs.Write, error) {
	loaded := c.Data
	var writes []docs.Write
	for i, w := range trip {
		cash := w.after.Ask.Needs.Cash
		if room, purse := loaded.Room(); room < 1 || cash > purse {
			if i == 0 {
				return nil, fmt.Errorf("%w: %d orders and %d in cash are carried", ErrFull, len(loaded.Load.Orders), loaded.Load.Cash)
			}
			continue
		}
		loaded = loaded.Take(w.after.Order, cash)
		writes = append(writes, s.transition(w.before, w.after, "", now)...)
	}
	return append(writes, s.couriers.Replace(c, loaded)), nil
}

// Reject notes that a courier does not want an order. The search itself stays as
// it is, for others to accept; whether another round is due is for whoever
// handles the event.
func (s *Store) Reject(ctx context.Context, order, by string, now time.Time) error {
	d, err := s.Get(ctx, order)
	if err != nil {
		return err
	}
	offer, err := d.Reject(by, now)
	if err != nil || offer.State == dispatch.Rejected {
		return err
	}
	answer := offer.Answer(now)
	err = s.db.Commit(ctx, s.answers(order).Set(by, answer), docs.Emit(d.Answered(answer)))
	if err != nil {
		return fmt.Errorf("reject order %s: %w", order, err)
	}
	return nil
}

// Rejections are the answers of the couriers who have an open offer.
func (s *Store) Rejections(ctx context.Context, d dispatch.Dispatch) ([]dispatch.Answer, error) {
	if len(d.Asked) == 0 {
		return nil, nil
	}
	lookups := make([]*docs.Lookup[dispatch.Answer], len(d.Asked))
	fetch := make([]docs.Fetcher, len(d.Asked))
	for i, c := range d.Asked {
		lookups[i] = s.answers(d.Order).Lookup(c)
		fetch[i] = lookups[i]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, fmt.Errorf("answers about order %s: %w", d.Order, err)
	}
	var all []dispatch.Answer
	for _, l := range lookups {
		if l.Exists {
			all = append(all, l.Data)
		}
	}
	return all, nil
}
