package api

import (
	"context"
	"errors"

	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/campaign/campaigntimer"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/platform"
	"lastmile/shared/shop"
	"lastmile/shared/shop/shopdb"
)

// confirmationSecret signs the tokens that confirm live edits of campaigns.
const confirmationSecret = "campaign-confirmation"

func campaignsOf(p *platform.Platform) (Campaigns, error) {
	db, err := p.Docs()
	if err != nil {
		return Campaigns{}, err
	}
	timers, err := p.Timers()
	if err != nil {
		return Campaigns{}, err
	}
	return Campaigns{
		Store:  campaigndb.New(db, campaigntimer.New(timers), p.Log()),
		Facts:  shopFacts{shopdb.New(db), catalogdb.New(db)}.of,
		Secret: func(ctx context.Context) (string, error) { return p.Secret(ctx, confirmationSecret) },
	}, nil
}

// shopFacts reads what campaigns require of a shop.
type shopFacts struct {
	shops *shopdb.Store
	items *catalogdb.Store
}

func (r shopFacts) of(ctx context.Context, id string) (campaign.Facts, error) {
	s, err := r.shops.Shop(ctx, id)
	if errors.Is(err, shop.ErrUnknown) {
		return campaign.Facts{}, nil
	}
	if err != nil {
		return campaign.Facts{}, err
	}
	z, err := r.shops.Zone(ctx, s.Zone)
	if err != nil && !errors.Is(err, shop.ErrUnknownZone) {
		return campaign.Facts{}, err
	}
	available := true
	items, err := r.items.Items(ctx, id, catalogdb.ItemQuery{Available: &available, Limit: 1})
	if err != nil {
		return campaign.Facts{}, err
	}
	return campaign.Facts{Shop: true, Currency: s.Currency, Items: len(items), Fee: z.Fees.Delivery+z.Fees.PerKilometre > 0}, nil
}
