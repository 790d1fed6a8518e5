package campaigndb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/docs"
)

// maxTakeovers bounds how often a creation finds that what was in its way is
// gone.
const maxTakeovers = 5

// Create stores a new campaign with its items, takes the lock of its scope and
// sets its timers, in one commit. A campaign that is there is returned as it is,
// with created false. Where another one holds the scope it is a
// [*campaign.BusyError]; one that has ended by the clock is ended first.
func (s *Store) Create(ctx context.Context, c campaign.Campaign, items []string, now time.Time) (stored campaign.Campaign, created bool, err error) {
	c.Items = len(items)
	for range maxTakeovers {
		stored, err = s.inTheWay(ctx, c, now)
		if stored.ID != "" || err != nil {
			return stored, false, err
		}
		err = s.db.Commit(ctx, s.creation(c, items, now)...)
		if err == nil {
			s.set(ctx, nil, c.Timers())
			return c, true, nil
		}
		if !errors.Is(err, docs.ErrExists) {
			break
		}
	}
	return c, false, fmt.Errorf("create campaign %s: %w", c.ID, err)
}

func (s *Store) creation(c campaign.Campaign, items []string, now time.Time) []docs.Write {
	scope := c.Kind.Scope(c.Shop)
	writes := []docs.Write{
		s.promotions().Create(scope, c.Promotion()),
		s.campaigns().Create(string(c.ID), c),
		docs.Emit(c.Notice()),
	}
	for _, t := range c.Timers() {
		writes = append(writes, s.intents().Create(t.Name(), t))
	}
	return append(writes, s.listing(scope, c.Mark(), items, now)...)
}

// inTheWay returns the campaign of the same id, or who holds the scope. Where
// neither is there any more, the creation may be tried again.
func (s *Store) inTheWay(ctx context.Context, c campaign.Campaign, now time.Time) (campaign.Campaign, error) {
	scope := c.Kind.Scope(c.Shop)
	same, held := s.campaigns().Lookup(string(c.ID)), s.promotions().Lookup(scope)
	if err := s.db.Fetch(ctx, same, held); err != nil {
		return campaign.Campaign{}, err
	}
	switch {
	case same.Exists:
		return same.Data, nil
	case !held.Exists:
		return campaign.Campaign{}, nil
	case held.Data.Effective(now).Closed():
		_, err := s.Change(ctx, held.Data.Campaign, func(c campaign.Campaign) (campaign.Campaign, error) { return c.At(now), nil })
		return campaign.Campaign{}, err
	}
	return campaign.Campaign{}, &campaign.BusyError{Scope: scope, Holder: held.Data.Campaign}
}
