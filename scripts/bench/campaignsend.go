package main

import (
	"context"
	"fmt"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/docs"
)

// benchTermination ends a campaign with many grants, against the deletion of as
// many one by one.
func benchTermination(ctx context.Context, r *report, db *docs.DB, store *campaigndb.Store) error {
	c, err := crowdedCampaign(ctx, store, "bench-end")
	if err != nil {
		return err
	}
	other, err := crowdedCampaign(ctx, store, "bench-one-by-one")
	if err != nil {
		return err
	}
	start := time.Now()
	c, err = store.Change(ctx, c.ID, func(c campaign.Campaign) (campaign.Campaign, error) { return c.Do(campaign.End, "bench", time.Now()) })
	if err != nil {
		return err
	}
	first := time.Since(start)
	if err := store.Reap(ctx, c, time.Now()); err != nil {
		return err
	}
	all := time.Since(start)
	single, err := deleteOneByOne(ctx, db, other)
	if err != nil {
		return err
	}
	r.row("end of a campaign with 10,000 records: void for every reader", ms(first), ms(single)+", one by one", times(single, first), "", true)
	r.row("and every record deleted", ms(all), ms(single)+", one by one", times(single, all), "", true)
	return nil
}

func times(baseline, ours time.Duration) string {
	return fmt.Sprintf("%.1fx", float64(baseline)/float64(ours))
}

// crowdedCampaign returns a running campaign with many grants.
func crowdedCampaign(ctx context.Context, store *campaigndb.Store, shop string) (campaign.Campaign, error) {
	now := time.Now()
	c, err := runningCampaign(shop, campaign.AmountOff, campaign.Terms{Amount: 100, Currency: "EUR"}, now.Add(-time.Second), now.Add(time.Hour))
	if err != nil {
		return c, err
	}
	if _, _, err := store.Create(ctx, c, nil, now); err != nil {
		return c, err
	}
	for at := 0; at < benchRecords; at += 500 {
		page := make([]campaigndb.Allowance, 500)
		for i := range page {
			page[i] = campaigndb.Allowance{Customer: fmt.Sprint("customer-", at+i), Uses: 1}
		}
		if _, err := store.Grant(ctx, c.ID, page, now); err != nil {
			return c, err
		}
	}
	return c, nil
}

// deleteOneByOne deletes the grants of a campaign with a commit each, and returns
// how long some reader still saw one.
func deleteOneByOne(ctx context.Context, db *docs.DB, c campaign.Campaign) (time.Duration, error) {
	grants := docs.In[campaign.Grant](db, "promotions", c.Kind.Scope(c.Shop), "grants")
	found, err := grants.Query().Limit(benchRecords).All(ctx)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	for _, g := range found {
		if err := db.Commit(ctx, grants.Delete(g.ID)); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
