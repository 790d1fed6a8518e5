package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/logs"
	"lastmile/shared/shop"
	"lastmile/shared/shop/shopdb"
)

// Shops are the routes of shops.
type Shops struct{ Store *shopdb.Store }

// signedIn is the Security of routes for whoever has signed in.
func signedIn() []map[string][]string {
	return admits(auth.Customer, auth.Courier, auth.Merchant, auth.Operator, auth.Service)
}

func (r Shops) register(api huma.API) {
	const path = "/v1/shops/{shop}"
	tags := []string{"shops"}
	handle(api, huma.Operation{
		OperationID: "list-shops", Method: http.MethodGet, Path: "/v1/shops", Tags: tags, Security: signedIn(), Summary: "List shops",
	}, r.list)
	handle(api, huma.Operation{
		OperationID: "get-shop", Method: http.MethodGet, Path: path, Tags: tags, Security: signedIn(), Summary: "Read a shop, and whether it is open",
	}, r.get)
	handle(api, huma.Operation{
		OperationID: "put-shop", Method: http.MethodPut, Path: path, Tags: tags, Security: admits(auth.Merchant, auth.Operator),
		Summary: "Change a shop, or open a new one", Errors: []int{http.StatusPreconditionFailed}, Extensions: trips(8), // again where others change it
	}, r.put)
	handle(api, huma.Operation{
		OperationID: "toggle-shop", Method: http.MethodPut, Path: path + "/open", Tags: tags, Security: admits(auth.Merchant, auth.Operator),
		Summary: "Have a shop take orders in its hours, or none until further notice", Extensions: trips(9),
	}, r.toggle)
}

type listShops struct {
	Zone  string `query:"zone" maxLength:"64" doc:"only shops of this zone"`
	After string `query:"after" maxLength:"64" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type shopsAnswer struct {
	Body struct {
		Shops []shopNow `json:"shops"`
		Next  string    `json:"next,omitempty" doc:"after of the next page; none on the last one"`
	}
}

// shopNow is a shop, and whether it takes orders.
type shopNow struct {
	shop.Shop
	OpenNow bool      `json:"openNow" readOnly:"true" doc:"takes orders now"`
	Opens   time.Time `json:"opens,omitzero" readOnly:"true" doc:"when it takes orders again"`
}

func nowOf(s shop.Shop, now time.Time) shopNow {
	n := shopNow{Shop: s, OpenNow: s.OpenAt(now)}
	if !n.OpenNow {
		n.Opens, _ = s.Opens(now)
	}
	return n
}

func (r Shops) list(ctx context.Context, in *listShops) (*shopsAnswer, error) {
	found, err := r.Store.Shops(ctx, in.Zone, in.After, in.Limit)
	if err != nil {
		return nil, shopError(err)
	}
	out := &shopsAnswer{}
	out.Body.Shops = make([]shopNow, len(found))
	for i, s := range found {
		out.Body.Shops[i] = nowOf(s, time.Now())
	}
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, nil
}

type shopAnswer struct {
	ETag string `header:"ETag"`
	Body shopNow
}

func answerShop(s shop.Shop) *shopAnswer {
	return &shopAnswer{ETag: etag(s.Version), Body: nowOf(s, time.Now())}
}

func (r Shops) get(ctx context.Context, in *InShop) (*shopAnswer, error) {
	s, err := r.Store.Shop(ctx, in.Shop)
	if err != nil {
		return nil, shopError(err)
	}
	return answerShop(s), nil
}

type putShop struct {
	InShop
	Conditional
	Body shop.Shop
}

func (r Shops) put(ctx context.Context, in *putShop) (*shopAnswer, error) {
	c := auth.From(ctx)
	if c.Entity == auth.Merchant && !c.In(in.Shop) {
		return nil, noShop(in.Shop)
	}
	expected, err := in.expected()
	if err != nil {
		return nil, err
	}
	s := in.Body
	s.ID = in.Shop
	if err := s.Validate(); err != nil {
		return nil, shopError(err)
	}
	if c.Entity == auth.Merchant {
		return r.putOwn(ctx, s, expected)
	}
	return r.store(ctx, s, expected)
}

// putOwn changes a shop as its merchant: where it is and what it sells in is the
// operators' to say.
func (r Shops) putOwn(ctx context.Context, s shop.Shop, expected int) (*shopAnswer, error) {
	stored, err := r.Store.Shop(ctx, s.ID)
	if err != nil {
		return nil, shopError(err)
	}
	if s.Zone != stored.Zone || s.Currency != stored.Currency {
		return nil, huma.Error403Forbidden("the zone and the currency of a shop are for operators to change: send them as they are")
	}
	if expected == anyVersion {
		expected = stored.Version
	}
	return r.store(ctx, s, expected)
}

func (r Shops) store(ctx context.Context, s shop.Shop, expected int) (*shopAnswer, error) {
	stored, err := r.Store.PutShop(ctx, s, expected, author(ctx))
	if errors.Is(err, shopdb.ErrStale) {
		return nil, stale(stored.Version)
	}
	if err != nil {
		return nil, shopError(err)
	}
	return answerShop(stored), nil
}

func author(ctx context.Context) shopdb.Author {
	return shopdb.Author{By: logs.From(ctx).Caller, At: time.Now().UTC()}
}

type toggleShop struct {
	InShop
	Body struct {
		Open bool `json:"open"`
	}
}

func (r Shops) toggle(ctx context.Context, in *toggleShop) (*shopAnswer, error) {
	if c := auth.From(ctx); c.Entity == auth.Merchant && !c.In(in.Shop) {
		return nil, noShop(in.Shop)
	}
	s, err := r.Store.Shop(ctx, in.Shop)
	if err != nil {
		return nil, shopError(err)
	}
	if s.Open == in.Body.Open {
		return answerShop(s), nil
	}
	s.Open = in.Body.Open
	return r.store(ctx, s, s.Version)
}

// noShop answers alike for a shop that is not there and for another's.
func noShop(id string) error { return huma.Error404NotFound("there is no shop " + id) }

// shopError returns err as callers see it, with what they can do about it.
func shopError(err error) error {
	var faults shop.Faults
	switch {
	case errors.As(err, &faults):
		all := make([]error, len(faults))
		for i, f := range faults {
			all[i] = &huma.ErrorDetail{Location: "body." + f.Field, Message: f.Problem + ": " + f.Remedy}
		}
		return huma.Error422UnprocessableEntity("the settings make no sense", all...)
	case errors.Is(err, shop.ErrUnknown), errors.Is(err, shop.ErrUnknownZone):
		return huma.Error404NotFound(err.Error())
	}
	return err
}
