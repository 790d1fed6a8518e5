package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/catalog/catalogdb"
)

// Items are the routes of shops' items.
type Items struct{ Store *catalogdb.Store }

func (i Items) register(api huma.API) {
	tags := []string{"items"}
	handle(api, huma.Operation{
		OperationID: "list-items", Method: http.MethodGet, Path: "/v1/shops/{shop}/items", Tags: tags, Summary: "List a shop's items",
	}, i.list)
	handle(api, huma.Operation{
		OperationID: "get-item", Method: http.MethodGet, Path: "/v1/shops/{shop}/items/{item}", Tags: tags, Summary: "Read an item",
	}, i.get)
}

type listItems struct {
	InShop
	Category  string `query:"category" maxLength:"1000" doc:"only items of exactly this category"`
	Available string `query:"available" enum:"true,false" doc:"only items that can be ordered, or cannot"`
	After     string `query:"after" maxLength:"500" doc:"next of the page before"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type itemsAnswer struct {
	Body struct {
		Items []catalogdb.Item `json:"items"`
		Next  string           `json:"next,omitempty" doc:"after of the next page; none on the last one"`
	}
}

func (i Items) list(ctx context.Context, in *listItems) (*itemsAnswer, error) {
	q := catalogdb.ItemQuery{Category: in.Category, After: in.After, Limit: in.Limit}
	if in.Available != "" {
		available := in.Available == "true"
		q.Available = &available
	}
	found, err := i.Store.Items(ctx, in.Shop, q)
	if err != nil {
		return nil, catalogError(err)
	}
	var out itemsAnswer
	out.Body.Items = found
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].ID
	}
	return &out, nil
}

type getItem struct {
	InShop
	Item string `path:"item" maxLength:"500" doc:"the provider's id"`
}

type itemAnswer struct {
	Body catalogdb.Item
}

func (i Items) get(ctx context.Context, in *getItem) (*itemAnswer, error) {
	found, err := i.Store.Item(ctx, in.Shop, in.Item)
	if err != nil {
		return nil, catalogError(err)
	}
	return &itemAnswer{Body: found}, nil
}
