package api

import (
	"context"

	"lastmile/shared/campaign"
)

// listRecords asks for a page of what belongs to a campaign.
type listRecords struct {
	CampaignRef
	After string `query:"after" maxLength:"500" doc:"next of the page before"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"500"`
}

// recordPage is a page of what belongs to a campaign, in no order that means
// anything.
type recordPage[T any] struct {
	Body struct {
		Records []T    `json:"records"`
		Next    string `json:"next,omitempty" doc:"after of the next page; none on the last one"`
	}
}

func (r Campaigns) items(ctx context.Context, in *listRecords) (*recordPage[campaign.Item], error) {
	return records(ctx, r, in, r.Store.Items, func(i campaign.Item) string { return i.Item })
}

func (r Campaigns) grants(ctx context.Context, in *listRecords) (*recordPage[campaign.Grant], error) {
	return records(ctx, r, in, r.Store.Grants, func(g campaign.Grant) string { return g.Customer })
}

func (r Campaigns) redemptions(ctx context.Context, in *listRecords) (*recordPage[campaign.Redemption], error) {
	return records(ctx, r, in, r.Store.Redemptions, func(d campaign.Redemption) string { return d.Order })
}

// records reads a page; key is what the next one comes after.
func records[T any](
	ctx context.Context, r Campaigns, in *listRecords,
	read func(ctx context.Context, c campaign.Campaign, after string, limit int) ([]T, error), key func(T) string,
) (*recordPage[T], error) {
	c, err := r.find(ctx, in.CampaignRef)
	if err != nil {
		return nil, err
	}
	found, err := read(ctx, c, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &recordPage[T]{}
	out.Body.Records = found
	if len(found) == in.Limit {
		out.Body.Next = key(found[len(found)-1])
	}
	return out, nil
}
