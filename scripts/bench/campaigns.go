package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/emulators/stack"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/campaign/campaigntimer"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/platform"
)

const (
	benchCampaignCount = 10_000
	benchPolled        = 1000 // of the baseline
	benchRecords       = 10_000
	benchWriters       = 32
)

// benchCampaigns measures how campaigns are created, one by one and all for one
// scope, how late their timers are when ten thousand are due in one minute, and
// how long the end of one with ten thousand records takes.
func benchCampaigns(ctx context.Context, r *report) error {
	return onStack(ctx, func(s *stack.Stack, p *platform.Opener) error {
		db, timers := p.Docs(), p.Timers()
		if err := p.Err(); err != nil {
			return err
		}
		store := campaigndb.New(db, campaigntimer.New(timers), slog.New(slog.DiscardHandler))
		if err := benchCreations(ctx, r, db, store); err != nil {
			return err
		}
		if err := benchTermination(ctx, r, db, store); err != nil {
			return err
		}
		return benchTransitions(ctx, r, s, db, store)
	})
}

// benchCreations has many ask for one scope at once, against a lock that is a
// query before the creation.
func benchCreations(ctx context.Context, r *report, db *docs.DB, store *campaigndb.Store) error {
	now := time.Now()
	contend := func(create func(campaign.Campaign) (bool, error)) (survivors int64, took time.Duration, err error) {
		var won atomic.Int64
		start := time.Now()
		err = eachCampaign(benchPolled, func(int) error {
			c, err := runningCampaign("bench-one-scope", campaign.PercentOff, campaign.Terms{BasisPoints: 100}, now, now.Add(time.Hour))
			if err != nil {
				return err
			}
			created, err := create(c)
			if created {
				won.Add(1)
			}
			return err
		})
		return won.Load(), time.Since(start), err
	}
	ours, took, err := contend(func(c campaign.Campaign) (bool, error) {
		_, created, err := store.Create(ctx, c, nil, now)
		var busy *campaign.BusyError
		if errors.As(err, &busy) {
			err = nil
		}
		return created, err
	})
	if err != nil {
		return err
	}
	theirs, single, err := contend(func(c campaign.Campaign) (bool, error) { return createAfterQuery(ctx, db, c) })
	if err != nil {
		return err
	}
	shown := func(survivors int64, d time.Duration) string {
		return fmt.Sprintf("%d survived, %.0f/s", survivors, benchPolled/d.Seconds())
	}
	r.row("1,000 creations for one scope, 32 at once", shown(ours, took), shown(theirs, single)+", a query and then a creation", times(single, took), "1 survives", ours == 1)
	return nil
}

// createAfterQuery creates a campaign if a query finds none that is open.
func createAfterQuery(ctx context.Context, db *docs.DB, c campaign.Campaign) (bool, error) {
	open := docs.In[campaign.Campaign](db, "benchcampaigns")
	found, err := open.Where("shop", "==", c.Shop).Where("kind", "==", string(c.Kind)).Where("open", "==", true).Limit(1).All(ctx)
	if err != nil || len(found) > 0 {
		return false, err
	}
	return true, db.Commit(ctx, open.Create(string(c.ID), c))
}

// runningCampaign returns a published campaign.
func runningCampaign(shop string, k campaign.Kind, terms campaign.Terms, start, end time.Time) (campaign.Campaign, error) {
	wall := func(t time.Time) string { return t.UTC().Format(campaign.WallTime) }
	d := campaign.Draft{Title: "Bench", Terms: terms, Plan: campaign.Plan{Zone: "UTC", Start: wall(start), End: wall(end)}}
	c, err := campaign.New(campaign.ID(event.NewID()), shop, k, d, "bench", time.Now())
	if err != nil {
		return c, err
	}
	return c.Do(campaign.Publish, "bench", time.Now())
}

// benchTransitions creates many campaigns that begin in one minute, and waits for
// their timers, and for a poll every minute that looks after others.
func benchTransitions(ctx context.Context, r *report, s *stack.Stack, db *docs.DB, store *campaigndb.Store) error {
	begin := time.Now().Add(time.Minute).Truncate(time.Second)
	polled := campaigndb.New(db, untimed{}, slog.New(slog.DiscardHandler))
	others, _, err := manyCampaigns(ctx, polled, "polled-", benchPolled, begin)
	if err != nil {
		return err
	}
	ids, took, err := manyCampaigns(ctx, store, "bench-", benchCampaignCount, begin)
	if err != nil {
		return err
	}
	r.row("campaigns created, each with its lock, two timers and notice", fmt.Sprintf("%.0f/s", benchCampaignCount/took.Seconds()), "", "", "", true)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(begin.Add(time.Minute))):
	}
	if err := poll(ctx, polled); err != nil {
		return err
	}
	if err := s.Tasks.Idle(ctx); err != nil {
		return err
	}
	late, err := lateness(ctx, store, ids)
	if err != nil {
		return err
	}
	slow, err := lateness(ctx, store, others)
	if err != nil {
		return err
	}
	shown := func(d []time.Duration) string { return ms(percentile(d, 50)) + " / " + ms(percentile(d, 99)) }
	r.row("10,000 timers due in one minute: written down after its time, p50 / p99", shown(late), shown(slow)+", a poll every minute", times(percentile(slow, 99), percentile(late, 99)), "", true)
	return nil
}

// untimed leaves timers to a poll.
type untimed struct{}

func (untimed) Set(context.Context, campaign.Timer) error    { return nil }
func (untimed) Cancel(context.Context, campaign.Timer) error { return nil }

// poll fires all that is overdue and nobody's timer has.
func poll(ctx context.Context, store *campaigndb.Store) error {
	for {
		overdue, err := store.Overdue(ctx, time.Now(), 500)
		if err != nil || len(overdue) == 0 {
			return err
		}
		if err := eachCampaign(len(overdue), func(i int) error { return store.Fire(ctx, overdue[i], time.Now()) }); err != nil {
			return err
		}
	}
}

// manyCampaigns creates n campaigns that begin within a minute, and returns how
// long that took.
func manyCampaigns(ctx context.Context, store *campaigndb.Store, shop string, n int, begin time.Time) ([]campaign.ID, time.Duration, error) {
	ids := make([]campaign.ID, n)
	start := time.Now()
	err := eachCampaign(n, func(i int) error {
		at := begin.Add(time.Duration(i%60) * time.Second)
		c, err := runningCampaign(fmt.Sprint(shop, i), campaign.PercentOff, campaign.Terms{BasisPoints: 100}, at, at.Add(24*time.Hour))
		if err != nil {
			return err
		}
		ids[i] = c.ID
		_, _, err = store.Create(ctx, c, nil, time.Now())
		return err
	})
	return ids, time.Since(start), err
}

// lateness returns how late each campaign was noted as active.
func lateness(ctx context.Context, store *campaigndb.Store, ids []campaign.ID) ([]time.Duration, error) {
	late := make([]time.Duration, len(ids))
	var missing atomic.Int64
	err := eachCampaign(len(ids), func(i int) error {
		c, err := store.Get(ctx, ids[i])
		if err != nil {
			return err
		}
		last := c.History[len(c.History)-1]
		if last.State != campaign.Active {
			missing.Add(1)
		}
		late[i] = last.Noted.Sub(last.At)
		return nil
	})
	if err == nil && missing.Load() > 0 {
		err = fmt.Errorf("%d campaigns did not begin", missing.Load())
	}
	return late, err
}

// eachCampaign calls f for n numbers, several at a time.
func eachCampaign(n int, f func(int) error) error {
	var g errgroup.Group
	g.SetLimit(benchWriters)
	for i := range n {
		g.Go(func() error { return f(i) })
	}
	return g.Wait()
}
