package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/emulators/stack"
	"lastmile/shared/bus"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/campaign/campaigntimer"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/timer"
)

const (
	benchCampaignCount = 10_000
	benchRecords       = 10_000
	benchWriters       = 32
)

// benchCampaigns measures how fast campaigns are created, how late their timers
// are when ten thousand are due in one minute, and how long the end of one with
// ten thousand records takes.
func benchCampaigns(ctx context.Context, r *report) error {
	s, err := stack.Start(ctx, stack.Options{Quiet: true})
	if err != nil {
		return err
	}
	defer s.Close()
	events, err := bus.Open(ctx, bus.Options{Project: s.Config.Project, EmulatorHost: s.Config.PubSubEmulator})
	if err != nil {
		return err
	}
	defer events.Close()
	db, err := docs.Open(ctx, docs.Options{Project: s.Config.Project, EmulatorHost: s.Config.FirestoreEmulator, Publisher: events})
	if err != nil {
		return err
	}
	defer db.Close()
	timers, err := timer.Open(ctx, timer.Options{Project: s.Config.Project, Region: s.Config.Region, EmulatorHost: s.Config.TasksEmulator, URL: s.Config.URL})
	if err != nil {
		return err
	}
	defer timers.Close()
	store := campaigndb.New(db, campaigntimer.New(timers), slog.New(slog.DiscardHandler))
	if err := benchTermination(ctx, r, store); err != nil {
		return err
	}
	return benchTransitions(ctx, r, s, store)
}

// benchTermination ends a campaign with many grants, against their deletion one
// by one.
func benchTermination(ctx context.Context, r *report, store *campaigndb.Store) error {
	now := time.Now()
	c, err := runningCampaign("bench-end", campaign.AmountOff, campaign.Terms{Amount: 100, Currency: "EUR"}, now.Add(-time.Second), now.Add(time.Hour))
	if err != nil {
		return err
	}
	if _, _, err := store.Create(ctx, c, nil, now); err != nil {
		return err
	}
	for at := 0; at < benchRecords; at += 500 {
		page := make([]campaigndb.Allowance, 500)
		for i := range page {
			page[i] = campaigndb.Allowance{Customer: fmt.Sprint("customer-", at+i), Uses: 1}
		}
		if _, err := store.Grant(ctx, c.ID, page, now); err != nil {
			return err
		}
	}
	start := time.Now()
	c, err = store.Change(ctx, c.ID, func(c campaign.Campaign) (campaign.Campaign, error) { return c.Do(campaign.End, "bench", time.Now()) })
	if err != nil {
		return err
	}
	first := time.Since(start)
	start = time.Now()
	if err := store.Reap(ctx, c, time.Now()); err != nil {
		return err
	}
	reaped := time.Since(start)
	r.row("end of a campaign with 10,000 records: void for every reader", ms(first), ms(reaped)+" until all are deleted", fmt.Sprintf("%.0fx", float64(reaped)/float64(first)), "", true)
	return nil
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
// their timers.
func benchTransitions(ctx context.Context, r *report, s *stack.Stack, store *campaigndb.Store) error {
	begin := time.Now().Add(2 * time.Minute).Truncate(time.Second)
	ids := make([]campaign.ID, benchCampaignCount)
	start := time.Now()
	err := eachCampaign(len(ids), func(i int) error {
		at := begin.Add(time.Duration(i%60) * time.Second)
		c, err := runningCampaign(fmt.Sprint("bench-", i), campaign.PercentOff, campaign.Terms{BasisPoints: 100}, at, at.Add(24*time.Hour))
		if err != nil {
			return err
		}
		ids[i] = c.ID
		_, _, err = store.Create(ctx, c, nil, time.Now())
		return err
	})
	if err != nil {
		return err
	}
	took := time.Since(start)
	r.row("campaigns created, each with its lock, two timers and notice", fmt.Sprintf("%.0f/s", benchCampaignCount/took.Seconds()), "", "", "", true)
	late, err := lateness(ctx, s, store, ids, begin.Add(time.Minute))
	if err != nil {
		return err
	}
	r.row("10,000 timers due in one minute: written down after its time, p50 / p99", ms(percentile(late, 50))+" / "+ms(percentile(late, 99)), "a poll every minute: 30 s / 59 s", "", "", true)
	return nil
}

// lateness waits for all campaigns to be noted as active, and returns how late
// each was.
func lateness(ctx context.Context, s *stack.Stack, store *campaigndb.Store, ids []campaign.ID, after time.Time) ([]time.Duration, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Until(after)):
	}
	if err := s.Tasks.Idle(ctx); err != nil {
		return nil, err
	}
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
