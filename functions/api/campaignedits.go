package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
)

type editCampaign struct {
	CampaignRef
	Conditional
	Body struct {
		Title   *string         `json:"title,omitempty" maxLength:"200"`
		Plan    *campaign.Plan  `json:"plan,omitempty"`
		Terms   *campaign.Terms `json:"terms,omitempty" doc:"replaces all terms"`
		Confirm string          `json:"confirm,omitempty" maxLength:"200" doc:"the token of this very change's preview"`
		Preview bool            `json:"preview,omitempty" doc:"only show what would change"`
	}
}

type editAnswer struct {
	ETag string `header:"ETag"`
	Body struct {
		Applied  bool             `json:"applied"`
		Preview  campaign.Preview `json:"preview"`
		Token    string           `json:"token,omitempty" doc:"sent as confirm with the same change it applies it, for five minutes and as long as nobody else changes the campaign"`
		Campaign campaignView     `json:"campaign" doc:"as it is stored"`
	}
}

// edit applies a change at once unless it is live: then it answers with what the
// change would do, and the token that applies it.
func (r Campaigns) edit(ctx context.Context, in *editCampaign) (*editAnswer, error) {
	expected, err := in.expected()
	if err != nil {
		return nil, err
	}
	if _, err := r.find(ctx, in.CampaignRef); err != nil {
		return nil, err
	}
	secret, err := r.Secret(ctx)
	if err != nil {
		return nil, err
	}
	now, out := time.Now(), &editAnswer{}
	stored, err := r.Store.Change(ctx, campaign.ID(in.ID), func(c campaign.Campaign) (campaign.Campaign, error) {
		if expected != anyVersion && c.Version != expected {
			return c, campaign.ErrVersion
		}
		return in.apply(out, c, []byte(secret), now)
	})
	switch {
	case errors.Is(err, errPreview):
		out.Body.Preview.Touches, err = r.Store.Touches(ctx, stored)
		if err != nil {
			return nil, err
		}
	case errors.Is(err, campaign.ErrVersion):
		return nil, stale(stored.Version)
	case errors.Is(err, campaign.ErrUnconfirmed):
		return nil, huma.Error409Conflict(err.Error() + ": it is wrong, has expired, or somebody has changed the campaign since; send the change without it for a new one")
	case err != nil:
		return nil, campaignError(err)
	}
	out.ETag, out.Body.Campaign = etag(stored.Version), view(stored, now)
	return out, nil
}

// errPreview ends a change that is only shown.
var errPreview = errors.New("only a preview")

func (in *editCampaign) apply(out *editAnswer, c campaign.Campaign, secret []byte, now time.Time) (campaign.Campaign, error) {
	next, diff, err := c.Edit(campaign.Edit{Title: in.Body.Title, Plan: in.Body.Plan, Terms: in.Body.Terms}, now)
	if err != nil {
		return c, err
	}
	out.Body.Preview = campaign.Preview{Differences: diff, Live: c.At(now).Live()}
	switch {
	case in.Body.Preview || out.Body.Preview.Live && in.Body.Confirm == "":
		if out.Body.Preview.Live {
			out.Body.Token = c.Token(secret, diff, now)
		}
		return c, errPreview
	case out.Body.Preview.Live:
		if err := c.Confirm(secret, in.Body.Confirm, diff, now); err != nil {
			return c, err
		}
	}
	out.Body.Applied = true
	return next, nil
}

type actOnCampaign struct {
	CampaignRef
	Conditional
	Action campaign.Action `path:"action" enum:"publish,pause,resume,cancel,end"`
}

func (r Campaigns) act(ctx context.Context, in *actOnCampaign) (*campaignAnswer, error) {
	expected, err := in.expected()
	if err != nil {
		return nil, err
	}
	c, err := r.find(ctx, in.CampaignRef)
	if err != nil {
		return nil, err
	}
	if in.Action == campaign.Publish {
		facts, err := r.facts(ctx, c)
		if err != nil {
			return nil, err
		}
		if err := c.Kind.Require(c.Terms, facts, true); err != nil {
			return nil, campaignError(err)
		}
	}
	now := time.Now()
	stored, err := r.Store.Change(ctx, c.ID, func(c campaign.Campaign) (campaign.Campaign, error) {
		if expected != anyVersion && c.Version != expected {
			return c, campaign.ErrVersion
		}
		return c.Do(in.Action, auth.From(ctx).String(), now)
	})
	if errors.Is(err, campaign.ErrVersion) {
		return nil, stale(stored.Version)
	}
	if err != nil {
		return nil, campaignError(err)
	}
	return answerCampaign(stored, now), nil
}

type addCampaignItems struct {
	CampaignRef
	Body struct {
		Items []string `json:"items" minItems:"1" maxItems:"500" doc:"the provider's ids"`
	}
}

func (r Campaigns) addItems(ctx context.Context, in *addCampaignItems) (*campaignAnswer, error) {
	c, err := r.find(ctx, in.CampaignRef)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	stored, err := r.Store.AddItems(ctx, c.ID, in.Body.Items, now)
	if err != nil {
		return nil, campaignError(err)
	}
	return answerCampaign(stored, now), nil
}

type grantCampaign struct {
	CampaignRef
	Body struct {
		Customers []string `json:"customers" minItems:"1" maxItems:"500" uniqueItems:"true"`
		Uses      int      `json:"uses,omitempty" minimum:"1" maximum:"1000" default:"1" doc:"in how many orders altogether"`
	}
}

func (r Campaigns) grant(ctx context.Context, in *grantCampaign) (*campaignAnswer, error) {
	c, err := r.find(ctx, in.CampaignRef)
	if err != nil {
		return nil, err
	}
	allowances := make([]campaigndb.Allowance, len(in.Body.Customers))
	for i, customer := range in.Body.Customers {
		allowances[i] = campaigndb.Allowance{Customer: customer, Uses: in.Body.Uses}
	}
	now := time.Now()
	stored, err := r.Store.Grant(ctx, c.ID, allowances, now)
	if err != nil {
		return nil, campaignError(err)
	}
	return answerCampaign(stored, now), nil
}
