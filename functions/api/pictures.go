package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/attachment"
	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/catalog/catalogdb"
)

// Pictures is the route of items' pictures.
type Pictures struct {
	Catalogs *catalogdb.Store
	Files    *attachmentdb.Store
}

func (p Pictures) register(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "get-item-picture", Method: http.MethodGet, Path: "/v1/shops/{shop}/items/{item}/picture", Tags: []string{"items"},
		Security: open(), DefaultStatus: http.StatusFound, Errors: []int{http.StatusNotFound},
		Summary:     "Be sent to an item's picture",
		Description: "Where the shop's settings have pictures kept. The address that it leads to never changes its content, and is served by a CDN.",
	}, p.get)
}

type pictureAnswer struct {
	Location     string `header:"Location"`
	CacheControl string `header:"Cache-Control"`
}

func (p Pictures) get(ctx context.Context, in *getItem) (*pictureAnswer, error) {
	item, err := p.Catalogs.Item(ctx, in.Shop, in.Item)
	if err != nil {
		return nil, catalogError(err)
	}
	id := attachment.PictureOf(in.Shop, item.Image)
	found, err := p.Files.Visible(ctx, id)
	if err != nil {
		return nil, err
	}
	f, ok := found[id]
	if !ok {
		return nil, huma.Error404NotFound("this item has no picture")
	}
	url, err := p.Files.URL(ctx, f)
	return &pictureAnswer{Location: url, CacheControl: "public, max-age=300"}, err
}
