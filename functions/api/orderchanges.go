package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/order"
)

// registerChanges registers a route for each thing that can be done to an order.
func (r Orders) registerChanges(api huma.API) {
	step := func(a order.Action, summary string, by ...auth.Entity) huma.Operation {
		return huma.Operation{
			OperationID: string(a) + "-order", Method: http.MethodPost, Path: "/v1/orders/{order}/" + string(a), Tags: []string{"orders"},
			Summary: summary, Security: admits(append(by, auth.Operator)...), Errors: []int{http.StatusNotFound, http.StatusConflict},
			Extensions: trips(7), // the order, its proof or campaigns, its stock, a commit, the bus and the outbox, or the first again
		}
	}
	handle(api, step(order.Accept, "Take an order on", auth.Merchant), r.accept)
	handle(api, step(order.Reject, "Refuse an order", auth.Merchant), r.reject)
	handle(api, step(order.Prepare, "Say that an order is ready to be fetched", auth.Merchant), r.ready)
	handle(api, step(order.PickUp, "Say that an order has been fetched", auth.Courier), r.pickup)
	handle(api, step(order.Deliver, "Say that an order has been handed over", auth.Courier), r.deliver)
	handle(api, step(order.Cancel, "Cancel an order", auth.Customer, auth.Merchant), r.cancel)
	handle(api, step(order.Rate, "Rate a delivery, once", auth.Customer), r.rate)
}

func (r Orders) accept(ctx context.Context, in *struct {
	OrderRef
	Body *struct {
		PrepMinutes int `json:"prepMinutes,omitempty" minimum:"0" maximum:"600" doc:"until it is ready; left out, what the shop usually takes"`
	}
},
) (*orderAnswer, error) {
	c := order.Change{Action: order.Accept}
	if in.Body != nil {
		c.Prep = time.Duration(in.Body.PrepMinutes) * time.Minute
	}
	return r.change(ctx, in.Order, c)
}

// because is a request that gives a reason.
type because struct {
	OrderRef
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"the customer sees it"`
	}
}

func (r Orders) reject(ctx context.Context, in *because) (*orderAnswer, error) {
	return r.change(ctx, in.Order, order.Change{Action: order.Reject, Reason: in.Body.Reason})
}

func (r Orders) cancel(ctx context.Context, in *because) (*orderAnswer, error) {
	return r.change(ctx, in.Order, order.Change{Action: order.Cancel, Reason: in.Body.Reason})
}

// giveBack lets the customer use again what an order used of campaigns that ends
// undelivered.
func (r Orders) giveBack(ctx context.Context, _, after order.Order) ([]docs.Write, error) {
	if after.State != order.Cancelled && after.State != order.Rejected {
		return nil, nil
	}
	uses := r.Market.Campaigns.Uses(after.Shop, after.Customer, string(after.ID))
	if err := r.Market.DB.Fetch(ctx, uses.Fetchers()...); err != nil {
		return nil, err
	}
	return uses.GiveBack(), nil
}

func (r Orders) ready(ctx context.Context, in *OrderRef) (*orderAnswer, error) {
	return r.change(ctx, in.Order, order.Change{Action: order.Prepare})
}

func (r Orders) pickup(ctx context.Context, in *OrderRef) (*orderAnswer, error) {
	return r.change(ctx, in.Order, order.Change{Action: order.PickUp})
}

func (r Orders) deliver(ctx context.Context, in *struct {
	OrderRef
	Body *struct {
		Proof string `json:"proof,omitempty" maxLength:"128" doc:"a confirmed file of kind proof.photo, of this order, that the caller uploaded"`
	}
},
) (*orderAnswer, error) {
	c := order.Change{Action: order.Deliver}
	if in.Body != nil && in.Body.Proof != "" {
		if err := r.checkProof(ctx, in.Order, in.Body.Proof); err != nil {
			return nil, err
		}
		c.Proof = in.Body.Proof
	}
	return r.change(ctx, in.Order, c)
}

func (r Orders) rate(ctx context.Context, in *struct {
	OrderRef
	Body struct {
		Courier int    `json:"courier" minimum:"1" maximum:"5" doc:"stars"`
		Shop    int    `json:"shop" minimum:"1" maximum:"5" doc:"stars"`
		Text    string `json:"text,omitempty" maxLength:"2000"`
	}
},
) (*orderAnswer, error) {
	rating := order.Rating{Courier: in.Body.Courier, Shop: in.Body.Shop, Text: in.Body.Text}
	return r.change(ctx, in.Order, order.Change{Action: order.Rate, Rating: rating})
}
