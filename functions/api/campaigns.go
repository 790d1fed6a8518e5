package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/campaign"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/docs"
	"lastmile/shared/httpapi"
)

// Campaigns are the routes of shops' campaigns. Merchants see those of their
// shops, operators all.
type Campaigns struct {
	Store *campaigndb.Store

	// Facts tells what a shop has of what kinds of campaigns require.
	Facts func(ctx context.Context, shop string) (campaign.Facts, error)

	// Secret signs the tokens that confirm live edits.
	Secret func(context.Context) (string, error)
}

func (r Campaigns) register(api huma.API) {
	const path, one = "/v1/campaigns", "/v1/campaigns/{id}"
	op := func(id, method, path, summary string, trips int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"campaigns"},
			Security: admits(auth.Merchant, auth.Operator), Extensions: map[string]any{tripsField: trips},
		}
	}
	create := op("create-campaign", http.MethodPost, path, "Create a campaign; it is published unless it is to be a draft", 16)
	create.DefaultStatus = http.StatusCreated
	handle(api, create, r.create)
	handle(api, op("list-campaigns", http.MethodGet, path, "List campaigns, the newest first", 1), r.list)
	handle(api, op("get-campaign", http.MethodGet, one, "Show a campaign: its states over time, the timers it waits for, and what it needs", 10), r.get)
	handle(api, op("edit-campaign", http.MethodPatch, one, "Change a campaign; a live one only with the token of the change's preview", 30), r.edit)
	handle(api, op("act-on-campaign", http.MethodPost, one+"/{action}", "Publish, pause, resume, cancel or end a campaign", 30), r.act)
	handle(api, op("add-campaign-items", http.MethodPost, one+"/items", "Add items to a flash sale that has not begun", 12), r.addItems)
	handle(api, op("list-campaign-items", http.MethodGet, one+"/items", "List a flash sale's items", 2), r.items)
	handle(api, op("grant-campaign", http.MethodPost, one+"/grants", "Let customers use a campaign", 12), r.grant)
	handle(api, op("list-campaign-grants", http.MethodGet, one+"/grants", "List who was granted or has used a campaign", 2), r.grants)
	handle(api, op("list-redemptions", http.MethodGet, one+"/redemptions", "List the orders that used a campaign", 2), r.redemptions)
}

// campaignView is a campaign as callers see it.
type campaignView struct {
	campaign.Campaign

	// Effective is the state that counts now.
	Effective     campaign.State          `json:"effective"`
	Actions       []campaign.Action       `json:"actions" doc:"what can be done now"`
	Timers        []campaign.Timer        `json:"timers,omitempty" doc:"what it waits for"`
	Prerequisites []campaign.Prerequisite `json:"prerequisites,omitempty" doc:"what its kind requires of the shop"`
}

type campaignAnswer struct {
	ETag string `header:"ETag"`
	Body campaignView
}

func view(c campaign.Campaign, now time.Time) campaignView {
	state := c.Effective(now)
	return campaignView{Campaign: c, Effective: state, Actions: state.Actions()}
}

func answerCampaign(c campaign.Campaign, now time.Time) *campaignAnswer {
	return &campaignAnswer{ETag: etag(c.Version), Body: view(c, now)}
}

type createCampaign struct {
	Body struct {
		Shop  string         `json:"shop" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]*$"`
		Kind  campaign.Kind  `json:"kind" enum:"percent_off,flash_sale,amount_off,free_delivery"`
		Title string         `json:"title" maxLength:"200"`
		Plan  campaign.Plan  `json:"plan"`
		Terms campaign.Terms `json:"terms,omitempty"`
		Items []string       `json:"items,omitempty" maxItems:"500" doc:"the items of a flash sale; more can be added"`
		Draft bool           `json:"draft,omitempty" doc:"keep it to be published later"`
	}
}

func (r Campaigns) create(ctx context.Context, in *createCampaign) (*campaignAnswer, error) {
	now, caller := time.Now(), auth.From(ctx)
	if !manages(caller, in.Body.Shop) {
		return nil, huma.Error404NotFound("no such shop")
	}
	c, err := in.campaign(campaign.ID(httpapi.EffectID(ctx)), caller.String(), now)
	if err != nil {
		return nil, campaignError(err)
	}
	facts, err := r.Facts(ctx, in.Body.Shop)
	if err != nil {
		return nil, err
	}
	facts.Listed = len(in.Body.Items)
	if err := c.Kind.Require(c.Terms, facts, !in.Body.Draft); err != nil {
		return nil, campaignError(err)
	}
	stored, _, err := r.Store.Create(ctx, c, in.Body.Items, now)
	if err != nil {
		return nil, campaignError(err)
	}
	return answerCampaign(stored, now), nil
}

// campaign returns what is asked for, or all that is wrong with it.
func (in *createCampaign) campaign(id campaign.ID, by string, now time.Time) (campaign.Campaign, error) {
	b := in.Body
	c, err := campaign.New(id, b.Shop, b.Kind, campaign.Draft{Title: b.Title, Plan: b.Plan, Terms: b.Terms}, by, now)
	switch {
	case err != nil:
		return c, err
	case len(b.Items) > 0 && !b.Kind.Listed():
		return c, campaign.Faults{{Field: "items", Problem: "is not for " + string(b.Kind), Remedy: "leave it out"}}
	case b.Draft:
		return c, nil
	}
	return c.Do(campaign.Publish, by, now)
}

// manages reports whether a caller may see and change campaigns of a shop.
func manages(c auth.Caller, shop string) bool { return c.Entity == auth.Operator || c.In(shop) }

type listCampaigns struct {
	Shop   string `query:"shop" maxLength:"64" doc:"merchants name one of theirs"`
	Open   bool   `query:"open" doc:"only those that are not closed"`
	Cursor Cursor `query:"cursor" doc:"next of the list before"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

type campaignList struct {
	Body struct {
		Campaigns []campaignView `json:"campaigns"`
		Next      string         `json:"next,omitempty" doc:"cursor of the next page; none on the last one"`
	}
}

func (r Campaigns) list(ctx context.Context, in *listCampaigns) (*campaignList, error) {
	if !manages(auth.From(ctx), in.Shop) {
		return nil, huma.Error404NotFound("no such shop: name one of yours")
	}
	after, err := in.Cursor.place()
	if err != nil {
		return nil, err
	}
	found, err := r.Store.List(ctx, campaigndb.Query{Shop: in.Shop, Open: in.Open, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &campaignList{}
	out.Body.Campaigns = make([]campaignView, len(found))
	for i, c := range found {
		out.Body.Campaigns[i] = view(c, time.Now())
	}
	out.Body.Next = following(found, in.Limit, func(c campaign.Campaign) docs.Place { return docs.Place{At: c.Created, ID: string(c.ID)} })
	return out, nil
}

// CampaignRef names a campaign in a path. It is exported for huma, which skips
// embedded types that are not.
type CampaignRef struct {
	ID string `path:"id" maxLength:"128"`
}

// find returns a campaign that the caller may manage.
func (r Campaigns) find(ctx context.Context, in CampaignRef) (campaign.Campaign, error) {
	c, err := r.Store.Get(ctx, campaign.ID(in.ID))
	if err == nil && !manages(auth.From(ctx), c.Shop) {
		err = campaign.ErrUnknown
	}
	return c, campaignError(err)
}

func (r Campaigns) get(ctx context.Context, in *CampaignRef) (*campaignAnswer, error) {
	c, err := r.find(ctx, *in)
	if err != nil {
		return nil, err
	}
	out := answerCampaign(c, time.Now())
	if out.Body.Timers, err = r.Store.Pending(ctx, c); err != nil {
		return nil, err
	}
	facts, err := r.facts(ctx, c)
	if err != nil {
		return nil, err
	}
	out.Body.Prerequisites = c.Kind.Prerequisites(c.Terms, facts)
	return out, nil
}

func (r Campaigns) facts(ctx context.Context, c campaign.Campaign) (campaign.Facts, error) {
	facts, err := r.Facts(ctx, c.Shop)
	facts.Listed = c.Items
	return facts, err
}

// campaignError returns err as callers see it, with what they can do about it.
func campaignError(err error) error {
	var faults campaign.Faults
	var missing *campaign.MissingError
	var busy *campaign.BusyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &faults):
		all := make([]error, len(faults))
		for i, f := range faults {
			all[i] = &huma.ErrorDetail{Location: "body." + f.Field, Message: f.Problem + ": " + f.Remedy}
		}
		return huma.Error422UnprocessableEntity("the campaign makes no sense", all...)
	case errors.As(err, &missing):
		all := make([]error, len(missing.Missing))
		for i, p := range missing.Missing {
			all[i] = &huma.ErrorDetail{Location: "prerequisites", Message: p.Name + ": " + p.Remedy}
		}
		return huma.Error422UnprocessableEntity("the shop lacks what this kind of campaign requires", all...)
	case errors.As(err, &busy):
		return huma.Error409Conflict(err.Error(), &huma.ErrorDetail{Location: "holder", Message: "holds the lock", Value: busy.Holder})
	case errors.Is(err, campaign.ErrUnknown):
		return huma.Error404NotFound("no such campaign")
	case errors.Is(err, campaign.ErrIllegal):
		return huma.Error409Conflict(err.Error())
	}
	return err
}
