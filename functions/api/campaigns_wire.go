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

func campaignsOf(p *platform.Opener) Campaigns {
	return Campaigns{
		Store:  campaigndb.New(p.Docs(), campaigntimer.New(p.Timers()), p.Log()),
		Facts:  shopFacts{shopdb.New(p.Docs()), catalogdb.New(p.Docs())}.of,
		Secret: func(ctx context.Context) (string, error) { return p.Secret(ctx, confirmationSecret) },
	}
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
