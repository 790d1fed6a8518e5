package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/campaign"
	"lastmile/shared/cart"
	"lastmile/shared/geo"
)

// Carts are the routes of what is not yet an order.
type Carts struct{ Market *Market }

func (c Carts) register(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "validate-cart", Method: http.MethodPost, Path: "/v1/carts/validate", Tags: []string{"carts"},
		Summary:     "Tell what a cart costs, and all that keeps it from being ordered",
		Description: "The answer's quote.hash goes with the order, which is placed at this price or not at all.",
		Security:    admits(auth.Customer, auth.Merchant, auth.Operator),
	}, c.validate)
}

// CartBody is a cart as clients send it. It is exported for huma, which skips
// embedded types that are not.
type CartBody struct {
	Shop      string        `json:"shop" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]*$" example:"corner-bakery"`
	Lines     []cartLine    `json:"lines" maxItems:"500"`
	Dropoff   dropoff       `json:"dropoff"`
	Tip       int64         `json:"tip,omitempty" doc:"in the currency's minor unit"`
	Campaigns []campaign.ID `json:"campaigns,omitempty" maxItems:"20" doc:"campaigns that the customer counts on"`
	Customer  string        `json:"customer,omitempty" maxLength:"128" doc:"for operators: whose cart it is"`
}

type cartLine struct {
	Item     string `json:"item" minLength:"1" maxLength:"500" example:"rye"`
	Quantity int64  `json:"quantity" example:"2"`
	Price    *int64 `json:"price,omitempty" doc:"what one costs by what the customer saw; left out, a change of price is no problem"`
}

type dropoff struct {
	Point   geo.Point `json:"point"`
	Address string    `json:"address,omitempty" maxLength:"500"`
	Note    string    `json:"note,omitempty" maxLength:"500" doc:"for the courier"`
}

// cart returns b as the rules see it.
func (b CartBody) cart() cart.Cart {
	c := cart.Cart{Shop: b.Shop, Dropoff: b.Dropoff.Point, Tip: b.Tip, Campaigns: b.Campaigns}
	for _, l := range b.Lines {
		line := cart.Line{Item: l.Item, Quantity: l.Quantity, Price: -1}
		if l.Price != nil {
			line.Price = *l.Price
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// items are those that are worth reading: a cart beyond the bounds is refused
// whatever they are.
func (b CartBody) items() []string {
	lines := b.Lines[:min(len(b.Lines), cart.MaxLines)]
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.Item
	}
	return ids
}

// customer is whose cart it is: the caller's own, unless that is an operator.
func (b CartBody) customer(ctx context.Context) string {
	switch c := auth.From(ctx); c.Entity {
	case auth.Customer:
		return c.ID
	case auth.Operator:
		return b.Customer
	}
	return ""
}

type validateCart struct {
	Body CartBody
}

type cartAnswer struct {
	Body struct {
		Ready       bool           `json:"ready" doc:"there is no problem"`
		Problems    []cart.Problem `json:"problems"`
		Quote       cart.Quote     `json:"quote" doc:"what can be priced of the cart, at the prices of now"`
		PrepMinutes int            `json:"prepMinutes" doc:"how long the shop usually takes"`
	}
}

func (c Carts) validate(ctx context.Context, in *validateCart) (*cartAnswer, error) {
	read, err := c.Market.read(ctx, in.Body.Shop, in.Body.customer(ctx), in.Body.items())
	if err != nil {
		return nil, err
	}
	out := &cartAnswer{}
	out.Body.Quote, out.Body.Problems = cart.Check(in.Body.cart(), read.facts(time.Now()))
	out.Body.Ready = len(out.Body.Problems) == 0
	out.Body.PrepMinutes = read.shop.Data.PrepMinutes
	if out.Body.Problems == nil {
		out.Body.Problems = []cart.Problem{}
	}
	return out, nil
}
