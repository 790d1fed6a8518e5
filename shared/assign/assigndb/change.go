package assigndb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lastmile/shared/assign/dispatch"
	"lastmile/shared/courier"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

// Change is a change of a search.
type Change struct {
	// Do returns the search as it is to be. Where another change comes between, it
	// sees that one. An error changes nothing, as does the version that was given.
	Do func(dispatch.Dispatch) (dispatch.Dispatch, error)

	// Blame is whose fault it is if the change speaks against a courier: empty for
	// the courier's, else as in courier.fact.v1.
	Blame string
}

// Change stores a change of a search, with the loads of the couriers it takes the
// order from and gives it to, in one commit.
func (s *Store) Change(ctx context.Context, order string, c Change, now time.Time) (d dispatch.Dispatch, err error) {
	err = again(ctx, func() error {
		d, err = s.change(ctx, order, c, now)
		return err
	})
	return d, err
}

func (s *Store) change(ctx context.Context, order string, c Change, now time.Time) (dispatch.Dispatch, error) {
	l := s.dispatches().Lookup(order)
	if err := s.db.Fetch(ctx, l); err != nil {
		return l.Data, known(order, err)
	}
	if !l.Exists {
		return l.Data, known(order, docs.ErrNotFound)
	}
	after, err := c.Do(l.Data)
	if err != nil || after.Version == l.Data.Version {
		return l.Data, err
	}
	loads, err := s.loads(ctx, l.Data, after)
	if err != nil {
		return l.Data, err
	}
	writes := append(loads, s.transition(l, after, c.Blame, now)...)
	if err := s.db.Commit(ctx, writes...); err != nil {
		return l.Data, fmt.Errorf("change the search for a courier of order %s: %w", order, err)
	}
	return after, nil
}

// transition returns the write that makes l what after is, and what follows from
// it.
func (s *Store) transition(l *docs.Lookup[dispatch.Dispatch], after dispatch.Dispatch, blame string, now time.Time) []docs.Write {
	before := l.Data
	events := append([]event.Event{after.Event()}, before.Facts(after, blame, now)...)
	if n := after.Made(); n != nil && after.Round != before.Round {
		events = append(events, n)
	}
	gone := before.Lost(after, after.Winner)
	if before.Winner != "" && after.Winner != before.Winner || before.Open && after.State == dispatch.Cancelled && before.Winner != "" {
		gone = append(gone, before.Winner)
	}
	if n := after.Closed(reason(after), gone...); n != nil {
		events = append(events, n)
	}
	if after.State == dispatch.Unassigned && before.State != dispatch.Unassigned {
		events = append(events, after.Alarm())
	}
	return []docs.Write{s.dispatches().Replace(l, after), docs.Emit(events...)}
}

// reason is what couriers are told who cannot accept any more.
func reason(after dispatch.Dispatch) dispatch.OfferState {
	if after.State == dispatch.Waiting {
		return dispatch.Expired
	}
	return dispatch.OfferCancelled
}

// loads returns the writes by which couriers carry what they do after a change.
func (s *Store) loads(ctx context.Context, before, after dispatch.Dispatch) ([]docs.Write, error) {
	over := before.Open && !after.Open
	if before.Winner == after.Winner && !over {
		return nil, nil
	}
	ids := slices.DeleteFunc(slices.Compact([]string{before.Winner, after.Winner}), func(id string) bool { return id == "" })
	lookups := make([]*docs.Lookup[courier.Courier], len(ids))
	fetch := make([]docs.Fetcher, len(ids))
	for i, id := range ids {
		lookups[i] = s.couriers.Lookup(courier.ID(id))
		fetch[i] = lookups[i]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	var writes []docs.Write
	for _, l := range lookups {
		switch {
		case !l.Exists && l.ID == after.Winner && !over:
			return nil, fmt.Errorf("%w: %s", courier.ErrUnknown, l.ID)
		case l.Exists:
			writes = append(writes, s.couriers.Replace(l, loaded(l.Data, after)))
		}
	}
	return writes, nil
}

// loaded is a courier who had the order, or gets it.
func loaded(c courier.Courier, after dispatch.Dispatch) courier.Courier {
	order, cash := after.Order, after.Ask.Needs.Cash
	switch {
	case after.State == dispatch.Completed:
		return c.Bring(order)
	case after.State == dispatch.Carried && string(c.ID) == after.Winner:
		return c.Take(order, cash)
	}
	return c.Drop(order, cash)
}
