package campaigndb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/docs"
)

// Fire does what is due by a timer, once, whatever is delivered twice. A stale
// timer does nothing but vanish; one before its time is [campaign.ErrEarly].
func (s *Store) Fire(ctx context.Context, t campaign.Timer, now time.Time) error {
	c, err := s.Change(ctx, t.Campaign, func(c campaign.Campaign) (campaign.Campaign, error) { return c.Fire(t, now) })
	switch {
	case errors.Is(err, campaign.ErrUnknown), err == nil && !c.Waits(t):
		return s.forget(ctx, t)
	case err == nil && t.Kind == campaign.ReapTimer:
		return s.Reap(ctx, c, now)
	}
	return err
}

// forget removes the intent of a timer that nobody waits for, where it is still
// there.
func (s *Store) forget(ctx context.Context, t campaign.Timer) error {
	l := s.intents().Lookup(t.Name())
	if err := s.db.Fetch(ctx, l); err != nil || !l.Exists {
		return err
	}
	return s.db.Commit(ctx, s.intents().Delete(t.Name()))
}

// Overdue returns up to limit timers that should have come before a time, the
// oldest first.
func (s *Store) Overdue(ctx context.Context, before time.Time, limit int) ([]campaign.Timer, error) {
	return data(s.intents().Where("due", "<", before).OrderBy("due", docs.Asc).Limit(limit).All(ctx))
}

// Pending returns the timers of c that are stored: those it waits for.
func (s *Store) Pending(ctx context.Context, c campaign.Campaign) ([]campaign.Timer, error) {
	var lookups []*docs.Lookup[campaign.Timer]
	var fetch []docs.Fetcher
	for _, t := range c.Timers() {
		l := s.intents().Lookup(t.Name())
		lookups, fetch = append(lookups, l), append(fetch, l)
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, fmt.Errorf("timers of campaign %s: %w", c.ID, err)
	}
	var pending []campaign.Timer
	for _, l := range lookups {
		if l.Exists {
			pending = append(pending, l.Data)
		}
	}
	return pending, nil
}
