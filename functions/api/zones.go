package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/shop"
	"lastmile/shared/shop/shopdb"
)

// Zones are the routes of the areas in which couriers deliver.
type Zones struct{ Store *shopdb.Store }

func (r Zones) register(api huma.API) {
	const path = "/v1/zones/{zone}"
	tags := []string{"zones"}
	handle(api, huma.Operation{
		OperationID: "list-zones", Method: http.MethodGet, Path: "/v1/zones", Tags: tags, Security: signedIn(), Summary: "List zones",
	}, r.list)
	handle(api, huma.Operation{
		OperationID: "get-zone", Method: http.MethodGet, Path: path, Tags: tags, Security: signedIn(), Summary: "Read a zone, its area and its fees",
	}, r.get)
	handle(api, huma.Operation{
		OperationID: "put-zone", Method: http.MethodPut, Path: path, Tags: tags,
		Summary: "Change a zone, or open a new one", Errors: []int{http.StatusPreconditionFailed}, Extensions: trips(8), // again where others change it
	}, r.put)
}

// InZone is the part of a request that names a zone.
type InZone struct {
	Zone string `path:"zone" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]*$" example:"malta"`
}

type listZones struct {
	After string `query:"after" maxLength:"64" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type zonesAnswer struct {
	Body struct {
		Zones []shop.Zone `json:"zones"`
		Next  string      `json:"next,omitempty" doc:"after of the next page; none on the last one"`
	}
}

func (r Zones) list(ctx context.Context, in *listZones) (*zonesAnswer, error) {
	found, err := r.Store.Zones(ctx, in.After, in.Limit)
	out := &zonesAnswer{}
	out.Body.Zones = found
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return out, shopError(err)
}

type zoneAnswer struct {
	ETag string `header:"ETag"`
	Body shop.Zone
}

func (r Zones) get(ctx context.Context, in *InZone) (*zoneAnswer, error) {
	z, err := r.Store.Zone(ctx, in.Zone)
	return &zoneAnswer{ETag: etag(z.Version), Body: z}, shopError(err)
}

type putZone struct {
	InZone
	Conditional
	Body shop.Zone
}

func (r Zones) put(ctx context.Context, in *putZone) (*zoneAnswer, error) {
	expected, err := in.expected()
	if err != nil {
		return nil, err
	}
	z := in.Body
	z.ID = in.Zone
	if err := z.Validate(); err != nil {
		return nil, shopError(err)
	}
	stored, err := r.Store.PutZone(ctx, z, expected, author(ctx))
	if errors.Is(err, shopdb.ErrStale) {
		return nil, stale(stored.Version)
	}
	return &zoneAnswer{ETag: etag(stored.Version), Body: stored}, shopError(err)
}
