package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/shop"
	"lastmile/shared/shop/shopdb"
)

// Settings are the routes of who changed shops and zones, when and to what.
type Settings struct{ Store *shopdb.Store }

func (r Settings) register(api huma.API) {
	tags := []string{"settings"}
	handle(api, huma.Operation{
		OperationID: "list-shop-versions", Method: http.MethodGet, Path: "/v1/shops/{shop}/versions", Tags: tags,
		Summary: "List who changed a shop, when and to what", Security: admits(auth.Merchant, auth.Operator),
	}, r.ofShop)
	handle(api, huma.Operation{
		OperationID: "list-zone-versions", Method: http.MethodGet, Path: "/v1/zones/{zone}/versions", Tags: tags,
		Summary: "List who changed a zone, when and to what",
	}, r.ofZone)
}

// Earlier selects versions, the newest first.
type Earlier struct {
	Before int `query:"before" minimum:"0" doc:"the oldest version of the page before"`
	Limit  int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type settingsAnswer[T any] struct {
	Body struct {
		Versions []T `json:"versions"`
	}
}

func answerVersions[T any](found []T, err error) (*settingsAnswer[T], error) {
	out := &settingsAnswer[T]{}
	out.Body.Versions = found
	return out, err
}

func (r Settings) ofShop(ctx context.Context, in *struct {
	InShop
	Earlier
},
) (*settingsAnswer[shop.Shop], error) {
	if c := auth.From(ctx); c.Entity == auth.Merchant && !c.In(in.Shop) {
		return nil, noShop(in.Shop)
	}
	return answerVersions(r.Store.ShopVersions(ctx, in.Shop, in.Before, in.Limit))
}

func (r Settings) ofZone(ctx context.Context, in *struct {
	InZone
	Earlier
},
) (*settingsAnswer[shop.Zone], error) {
	return answerVersions(r.Store.ZoneVersions(ctx, in.Zone, in.Before, in.Limit))
}
