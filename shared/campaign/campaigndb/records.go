package campaigndb

import (
	"context"
	"time"

	"lastmile/shared/campaign"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

// recordID names the record of something whose own id may be anything.
func recordID(of string) string { return string(event.DeriveID("record", of)) }

// listing are the records of a campaign's items.
func (s *Store) listing(scope string, m campaign.Mark, items []string, now time.Time) []docs.Write {
	writes := make([]docs.Write, len(items))
	for i, item := range items {
		writes[i] = s.saleItems(scope).Set(recordID(item), campaign.Item{Mark: m, Item: item, Added: now})
	}
	return writes
}

// Allowance is how often a customer may use a campaign.
type Allowance struct {
	Customer string
	Uses     int
}

// AddItems adds items to a campaign of a kind that lists them, before it begins.
func (s *Store) AddItems(ctx context.Context, id campaign.ID, items []string, now time.Time) (campaign.Campaign, error) {
	return s.change(ctx, id, func(c campaign.Campaign) (campaign.Campaign, []docs.Write, error) {
		next, err := c.List(len(items), now)
		return next, s.listing(c.Kind.Scope(c.Shop), c.Mark(), items, now), err
	})
}

// Grant lets customers use an open campaign, each so often altogether.
func (s *Store) Grant(ctx context.Context, id campaign.ID, allowances []Allowance, now time.Time) (campaign.Campaign, error) {
	return s.change(ctx, id, func(c campaign.Campaign) (campaign.Campaign, []docs.Write, error) {
		next, err := c.Grant(len(allowances), now)
		if err != nil {
			return c, nil, err
		}
		writes, err := s.granting(ctx, c, allowances, now)
		return next, writes, err
	})
}

// granting keeps how often customers have used the campaign already.
func (s *Store) granting(ctx context.Context, c campaign.Campaign, allowances []Allowance, now time.Time) ([]docs.Write, error) {
	all := s.grants(c.Kind.Scope(c.Shop))
	lookups := make([]*docs.Lookup[campaign.Grant], len(allowances))
	fetch := make([]docs.Fetcher, len(allowances))
	for i, a := range allowances {
		lookups[i] = all.Lookup(recordID(a.Customer))
		fetch[i] = lookups[i]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	writes := make([]docs.Write, len(allowances))
	for i, l := range lookups {
		g := valid(l.Data, c.Mark())
		g.Mark, g.Customer, g.Uses, g.Granted = c.Mark(), allowances[i].Customer, allowances[i].Uses, now
		writes[i] = all.Replace(l, g)
	}
	return writes, nil
}

// valid returns a grant with this mark, or none.
func valid(g campaign.Grant, m campaign.Mark) campaign.Grant {
	if g.Mark != m {
		return campaign.Grant{}
	}
	return g
}

// Grants returns up to limit grants of c after a customer, by document.
func (s *Store) Grants(ctx context.Context, c campaign.Campaign, after string, limit int) ([]campaign.Grant, error) {
	return marked(ctx, s.grants(c.Kind.Scope(c.Shop)), c, after, limit)
}

// Redemptions returns up to limit redemptions of c after an order, by document.
func (s *Store) Redemptions(ctx context.Context, c campaign.Campaign, after string, limit int) ([]campaign.Redemption, error) {
	return marked(ctx, s.redemptions(c.Kind.Scope(c.Shop)), c, after, limit)
}

// Items returns up to limit items of c after an item, by document.
func (s *Store) Items(ctx context.Context, c campaign.Campaign, after string, limit int) ([]campaign.Item, error) {
	return marked(ctx, s.saleItems(c.Kind.Scope(c.Shop)), c, after, limit)
}

// marked returns records of c that are not void.
func marked[T any](ctx context.Context, records docs.Collection[T], c campaign.Campaign, after string, limit int) ([]T, error) {
	query := records.Where("mark.campaign", "==", string(c.ID)).Where("mark.epoch", "==", c.Epoch)
	query = query.OrderBy("__name__", docs.Asc).Limit(limit)
	if after != "" {
		query = query.After(recordID(after))
	}
	return data(query.All(ctx))
}

// Touches counts the records of c.
func (s *Store) Touches(ctx context.Context, c campaign.Campaign) (campaign.Touches, error) {
	var n [3]int
	for i, name := range collections() {
		var err error
		records := s.records(c.Kind.Scope(c.Shop), name)
		n[i], err = records.Where("mark.campaign", "==", string(c.ID)).Where("mark.epoch", "==", c.Epoch).Count(ctx)
		if err != nil {
			return campaign.Touches{}, err
		}
	}
	return campaign.Touches{Items: n[0], Customers: n[1], Redemptions: n[2]}, nil
}
