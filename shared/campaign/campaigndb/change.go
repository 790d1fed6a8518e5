package campaigndb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/docs"
)

// A change that another one overtook is tried again, so often and after at most
// so long.
const (
	maxAttempts = 10
	maxPause    = 20 * time.Millisecond
)

// Change replaces a campaign by what f makes of it, and with it, in one commit,
// its promotion and its timers, and tells of it. Where f returns it as it was,
// nothing is written. It returns what is stored afterwards.
func (s *Store) Change(ctx context.Context, id campaign.ID, f func(campaign.Campaign) (campaign.Campaign, error)) (campaign.Campaign, error) {
	return s.change(ctx, id, func(c campaign.Campaign) (campaign.Campaign, []docs.Write, error) {
		next, err := f(c)
		return next, nil, err
	})
}

// change is Change with more writes in the commit.
func (s *Store) change(ctx context.Context, id campaign.ID, f func(campaign.Campaign) (campaign.Campaign, []docs.Write, error)) (campaign.Campaign, error) {
	for attempt := 1; ; attempt++ {
		l := s.campaigns().Lookup(string(id))
		if err := s.db.Fetch(ctx, l); err != nil {
			return l.Data, known(id, err)
		}
		if !l.Exists {
			return l.Data, fmt.Errorf("%w %q", campaign.ErrUnknown, id)
		}
		next, more, err := f(l.Data)
		if err != nil || next.Version == l.Data.Version {
			return l.Data, err
		}
		err = s.replace(ctx, l, next, more)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, docs.ErrConflict) || attempt == maxAttempts {
			return l.Data, fmt.Errorf("change campaign %s: %w", id, err)
		}
		if err := pause(ctx); err != nil {
			return l.Data, err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(maxPause)):
		return nil
	}
}

// replace commits next in the place of what l found.
func (s *Store) replace(ctx context.Context, l *docs.Lookup[campaign.Campaign], next campaign.Campaign, more []docs.Write) error {
	gone, come := difference(l.Data.Timers(), next.Timers())
	writes := append(more, s.campaigns().Replace(l, next))
	if next.Gen != l.Data.Gen || next.State != l.Data.State {
		seen, err := s.publish(ctx, next)
		if err != nil {
			return err
		}
		writes = append(writes, seen...)
	}
	for _, t := range gone {
		writes = append(writes, s.intents().Delete(t.Name()))
	}
	for _, t := range come {
		writes = append(writes, s.intents().Set(t.Name(), t))
	}
	if err := s.db.Commit(ctx, writes...); err != nil {
		return err
	}
	s.set(ctx, gone, come)
	return nil
}

// publish is what lets others see c as it is now. The end of a campaign releases
// its scope, and deletes its records if they are few.
func (s *Store) publish(ctx context.Context, c campaign.Campaign) ([]docs.Write, error) {
	scope, told := c.Kind.Scope(c.Shop), docs.Emit(c.Notice())
	if c.Open {
		return []docs.Write{s.promotions().Set(scope, c.Promotion()), told}, nil
	}
	void, err := s.few(ctx, scope, c.ID)
	return append(void, s.promotions().Delete(scope), told), err
}

// difference returns the timers that only old has, and those that only next
// has. The due time of a name never changes.
func difference(old, next []campaign.Timer) (gone, come []campaign.Timer) {
	named := func(ts []campaign.Timer, t campaign.Timer) int {
		return slices.IndexFunc(ts, func(o campaign.Timer) bool { return o.Name() == t.Name() })
	}
	for _, t := range old {
		if named(next, t) < 0 {
			gone = append(gone, t)
		}
	}
	for _, t := range next {
		if named(old, t) < 0 {
			come = append(come, t)
		}
	}
	return gone, come
}

// set has the timers that come called, and those that are gone not. What fails is
// mended by [Store.Overdue], or harmless.
func (s *Store) set(ctx context.Context, gone, come []campaign.Timer) {
	for _, t := range come {
		if err := s.timers.Set(ctx, t); err != nil {
			s.log.WarnContext(ctx, "a campaign's timer waits for the sweep", slog.String("campaign", string(t.Campaign)), slog.Any("error", err))
		}
	}
	for _, t := range gone {
		if err := s.timers.Cancel(ctx, t); err != nil {
			s.log.InfoContext(ctx, "a stale timer of a campaign stays", slog.String("campaign", string(t.Campaign)), slog.Any("error", err))
		}
	}
}
