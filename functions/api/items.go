package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/campaign"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
)

// Items are the routes of shops' items.
type Items struct {
	Store  *catalogdb.Store
	Market *Market
}

func (i Items) register(api huma.API) {
	tags := []string{"items"}
	handle(api, huma.Operation{
		OperationID: "list-items", Method: http.MethodGet, Path: "/v1/shops/{shop}/items", Tags: tags, Security: signedIn(),
		Summary: "Browse or search a shop's items, at the prices of now",
	}, i.list)
	handle(api, huma.Operation{
		OperationID: "get-item", Method: http.MethodGet, Path: "/v1/shops/{shop}/items/{item}", Tags: tags, Security: signedIn(),
		Summary: "Read an item, at the price of now",
	}, i.get)
}

type listItems struct {
	InShop
	Search    string `query:"search" maxLength:"200" doc:"only items whose name has words that begin like each of these" example:"rye bre"`
	Category  string `query:"category" maxLength:"1000" doc:"only items of exactly this category"`
	Available string `query:"available" enum:"true,false" doc:"only items that can be ordered, or cannot"`
	After     string `query:"after" maxLength:"500" doc:"next of the page before"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// maxWords bounds what one search looks for.
const maxWords = 10

func (in *listItems) query() (catalogdb.ItemQuery, error) {
	q := catalogdb.ItemQuery{Category: in.Category, Words: catalog.Words(in.Search), After: in.After, Limit: in.Limit}
	if in.Available != "" {
		available := in.Available == "true"
		q.Available = &available
	}
	if len(q.Words) > maxWords {
		return q, faulty("query.search", "has too many words: use at most 10")
	}
	if in.Search != "" && len(q.Words) == 0 {
		return q, faulty("query.search", "has no word: use letters or digits")
	}
	return q, nil
}

// itemNow is an item as it is sold at the moment.
type itemNow struct {
	catalogdb.Item
	Charged  int64       `json:"charged" doc:"what one costs the caller now, with campaigns, in the currency's minor unit"`
	Campaign campaign.ID `json:"campaign,omitempty" doc:"what makes it cheaper"`
	Left     *int64      `json:"left,omitempty" doc:"how many can be ordered, where stock is known"`
}

type itemsAnswer struct {
	Body struct {
		Items []itemNow `json:"items"`
		Next  string    `json:"next,omitempty" doc:"after of the next page; none on the last one. A page of a search may hold fewer items than its limit"`
	}
}

func (i Items) list(ctx context.Context, in *listItems) (*itemsAnswer, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	found, next, err := i.Store.Page(ctx, in.Shop, q)
	if err != nil {
		return nil, catalogError(err)
	}
	out := &itemsAnswer{}
	out.Body.Next = next
	out.Body.Items, err = i.Market.sold(ctx, in.Shop, found)
	return out, err
}

type getItem struct {
	InShop
	Item string `path:"item" maxLength:"500" doc:"the provider's id"`
}

type itemAnswer struct {
	Body itemNow
}

func (i Items) get(ctx context.Context, in *getItem) (*itemAnswer, error) {
	found, err := i.Store.Item(ctx, in.Shop, in.Item)
	if err != nil {
		return nil, catalogError(err)
	}
	now, err := i.Market.sold(ctx, in.Shop, []catalogdb.Item{found})
	if err != nil {
		return nil, err
	}
	return &itemAnswer{Body: now[0]}, nil
}

// sold returns items as they are sold to the caller now. It costs one round trip,
// however many there are, or one more where a sale has begun.
func (m *Market) sold(ctx context.Context, shopID string, items []catalogdb.Item) ([]itemNow, error) {
	var customer string
	if c := auth.From(ctx); c.Entity == auth.Customer {
		customer = c.ID
	}
	ids := make([]string, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	campaigns, racks := m.Campaigns.Read(shopID, customer, ids), m.Orders.Racks(shopID, ids...)
	if err := m.fetch(ctx, shopID, campaigns, racks.Fetchers()...); err != nil {
		return nil, err
	}
	offers := campaigns.Offers(time.Now())
	sold := make([]itemNow, len(items))
	for n, i := range items {
		charged, cheaper := offers.Price(campaign.Priced{Item: i.ID, Category: i.Category, Amount: i.Price.Amount})
		sold[n] = itemNow{Item: i, Charged: charged, Campaign: cheaper.Campaign}
		if i.StockKnown {
			rest := left(i.Item, racks.Shelf(i.ID))
			sold[n].Left = &rest
		}
	}
	return sold, nil
}
