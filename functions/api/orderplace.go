package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/cart"
	"lastmile/shared/docs"
	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
	"lastmile/shared/order"
)

type placeOrder struct {
	Body struct {
		CartBody
		Quote string `json:"quote" minLength:"1" maxLength:"64" doc:"quote.hash of the validated cart"`
		Cash  bool   `json:"cash,omitempty" doc:"the courier collects the price"`
	}
}

func (r Orders) place(ctx context.Context, in *placeOrder) (*orderAnswer, error) {
	customer := in.Body.customer(ctx)
	if customer == "" {
		return nil, faulty("body.customer", "is missing: name whose order it is")
	}
	id, now := order.ID(httpapi.EffectID(ctx)), time.Now().UTC()
	before := r.Store.Lookup(id)
	read, err := r.Market.read(ctx, in.Body.Shop, customer, in.Body.items(), before)
	if err != nil {
		return nil, err
	}
	if before.Exists {
		return r.placed(ctx, before.Data)
	}
	quote, problems := cart.Check(in.Body.cart(), read.facts(now))
	if len(problems) > 0 || quote.Hash != in.Body.Quote {
		return nil, notAsQuoted(quote, problems)
	}
	o := in.order(id, customer, read, quote).Place(now)
	ctx = logs.With(ctx, logs.Fields{Entity: logs.Entity{Type: "order", ID: string(id)}})
	stored, _, err := r.Store.Place(ctx, o, read.campaigns.Redeem(string(id), quote.Reductions, now)...)
	if err != nil {
		return nil, r.notPlaced(err)
	}
	return r.placed(ctx, stored)
}

// placed answers with an order that is there.
func (r Orders) placed(ctx context.Context, o order.Order) (*orderAnswer, error) {
	by, ok := actor(ctx, o)
	if !ok {
		return nil, noOrder(string(o.ID))
	}
	return answerOrder(o, by), nil
}

// order returns what is ordered, at the price of the quote.
func (in *placeOrder) order(id order.ID, customer string, read *stall, q cart.Quote) order.Order {
	s, to := read.shop.Data, in.Body.Dropoff
	return order.Order{
		ID: id, Customer: customer, Shop: s.ID, Zone: s.Zone,
		Pickup:  order.Place{Point: s.Point, Address: s.Address},
		Dropoff: order.Place{Point: to.Point, Address: to.Address, Note: to.Note},
		Lines:   q.Lines, Price: q.Price, Quote: q.Hash, Cash: in.Body.Cash, Needs: s.Needs, PrepMinutes: s.PrepMinutes,
	}
}

// notAsQuoted says all that has changed since the cart was validated.
func notAsQuoted(q cart.Quote, problems []cart.Problem) error {
	details := make([]error, 0, len(problems)+1)
	for _, p := range problems {
		details = append(details, &huma.ErrorDetail{Location: "body.lines", Message: p.Detail + ": " + p.Remedy, Value: p})
	}
	details = append(details, &huma.ErrorDetail{Location: "body.quote", Message: "this is what it costs now: show it and send its hash", Value: q})
	if len(problems) > 0 {
		return huma.Error409Conflict(fmt.Sprintf("%d problems keep the cart from being ordered", len(problems)), details...)
	}
	return huma.Error409Conflict("the cart has another price now", details...)
}

// notPlaced explains why an order that had been checked was not placed.
func (r Orders) notPlaced(err error) error {
	var short *order.ShortError
	switch {
	case errors.As(err, &short):
		var details []error
		for _, s := range short.Shortages {
			p := cart.Short(s)
			details = append(details, &huma.ErrorDetail{Location: "body.lines", Message: p.Detail + ": " + p.Remedy, Value: p})
		}
		return huma.Error409Conflict("others were faster", details...)
	case errors.Is(err, docs.ErrExists), errors.Is(err, docs.ErrConflict):
		return huma.Error409Conflict("a campaign has been used up or has changed meanwhile: validate the cart again")
	}
	return orderError(err)
}
