package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/order"
	"lastmile/shared/order/orderdb"
)

// Orders are the routes of orders.
type Orders struct {
	Store  *orderdb.Store
	Market *Market
	Files  *attachmentdb.Store
}

// OrderRef names an order in a path.
type OrderRef struct {
	Order string `path:"order" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]*$"`
}

func (r Orders) register(api huma.API) {
	tags := []string{"orders"}
	all := admits(auth.Customer, auth.Courier, auth.Merchant, auth.Operator)
	handle(api, huma.Operation{
		OperationID: "place-order", Method: http.MethodPost, Path: "/v1/orders", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary:     "Place an order",
		Description: "The order is priced anew. If anything is not as the quote says, the answer is 409 with every problem and the new quote, and nothing is ordered.",
		Security:    admits(auth.Customer, auth.Operator), Errors: []int{http.StatusConflict},
		Extensions: trips(8), // the cart, a commit, the bus and the outbox, and the commit again where others order the same
	}, r.place)
	handle(api, huma.Operation{
		OperationID: "list-orders", Method: http.MethodGet, Path: "/v1/orders", Tags: tags, Security: all,
		Summary: "List orders, the newest first: a customer's or courier's own, a merchant's shops', or any",
	}, r.list)
	handle(api, huma.Operation{
		OperationID: "get-order", Method: http.MethodGet, Path: "/v1/orders/{order}", Tags: tags, Security: all, Summary: "Read an order, and what its reader may do to it",
	}, r.get)
	r.registerChanges(api)
}

// trips declares how many round trips a route may make.
func trips(n int) map[string]any { return map[string]any{tripsField: n} }

type orderAnswer struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     struct {
		order.Order
		Allowed  []order.Action `json:"allowed" doc:"what the caller may do to it now"`
		ProofURL string         `json:"proofUrl,omitempty" doc:"of the photo of the delivery; good for a quarter of an hour"`
	}
}

func answerOrder(o order.Order, by order.Actor) *orderAnswer {
	a := &orderAnswer{Location: "/v1/orders/" + string(o.ID), ETag: etag(o.Version)}
	a.Body.Order, a.Body.Allowed = o, o.State.Allows(by.Role)
	if a.Body.Allowed == nil {
		a.Body.Allowed = []order.Action{}
	}
	return a
}

// actor returns what the caller is to an order; false if it is none of theirs.
func actor(ctx context.Context, o order.Order) (order.Actor, bool) {
	c := auth.From(ctx)
	a := order.Actor{ID: c.ID}
	switch {
	case c.Entity == auth.Operator:
		a.Role = order.Operator
	case c.Is(auth.Customer, o.Customer):
		a.Role = order.Customer
	case c.Is(auth.Courier, o.Courier):
		a.Role = order.Courier
	case c.In(o.Shop):
		a.Role = order.Shop
	}
	return a, a.Role != ""
}

func (r Orders) get(ctx context.Context, in *OrderRef) (*orderAnswer, error) {
	o, err := r.Store.Get(ctx, order.ID(in.Order))
	by, ok := actor(ctx, o)
	if errors.Is(err, order.ErrUnknown) || err == nil && !ok {
		return nil, noOrder(in.Order)
	}
	if err != nil {
		return nil, orderError(err)
	}
	out := answerOrder(o, by)
	out.Body.ProofURL, err = r.proofURL(ctx, o)
	return out, err
}

// noOrder answers alike for an order that is not there and for another's.
func noOrder(id string) error { return huma.Error404NotFound("there is no order " + id) }

type listOrders struct {
	Customer string `query:"customer" maxLength:"128" doc:"for operators"`
	Shop     string `query:"shop" maxLength:"64" doc:"for operators and the shop's merchants"`
	Courier  string `query:"courier" maxLength:"64" doc:"for operators"`
	Zone     string `query:"zone" maxLength:"64" doc:"for operators"`
	State    string `query:"state" enum:"placed,accepted,ready,picked_up,delivered,cancelled,rejected"`
	Open     bool   `query:"open" doc:"only those that are neither delivered, cancelled nor rejected"`
	Cursor   Cursor `query:"cursor" maxLength:"500" doc:"next of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type ordersAnswer struct {
	Body struct {
		Orders []order.Order `json:"orders"`
		Next   string        `json:"next,omitempty" doc:"cursor of the next page; none on the last one"`
	}
}

func (r Orders) list(ctx context.Context, in *listOrders) (*ordersAnswer, error) {
	q, err := in.query(auth.From(ctx))
	if err != nil {
		return nil, err
	}
	found, err := r.Store.List(ctx, q)
	out := &ordersAnswer{}
	out.Body.Orders = append([]order.Order{}, found...)
	out.Body.Next = following(found, q.Limit, func(o order.Order) docs.Place { return docs.Place{At: o.PlacedAt, ID: string(o.ID)} })
	return out, err
}

// query narrows what is asked for to what the caller may see.
func (in *listOrders) query(c auth.Caller) (orderdb.Query, error) {
	q := orderdb.Query{State: order.State(in.State), Open: in.Open, Limit: in.Limit}
	var err error
	if q.After, err = in.Cursor.place(); err != nil {
		return q, err
	}
	switch c.Entity {
	case auth.Customer:
		q.Customer = c.ID
	case auth.Courier:
		q.Courier = c.ID
	case auth.Merchant:
		q.Shop = in.Shop
		if q.Shop == "" && len(c.Shops) == 1 {
			q.Shop = c.Shops[0]
		}
		if !c.In(q.Shop) {
			return q, faulty("query.shop", "is none of yours: name a shop that you work in")
		}
	default:
		q.Customer, q.Shop, q.Courier, q.Zone = in.Customer, in.Shop, in.Courier, in.Zone
		if more(q.Customer, q.Shop, q.Courier, q.Zone) {
			return q, faulty("query", "give at most one of customer, shop, courier and zone")
		}
	}
	return q, nil
}

// more reports whether more than one of values is given.
func more(values ...string) bool {
	n := 0
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n > 1
}

// faulty refuses a request for one field of it.
func faulty(field, problem string) error {
	return huma.Error422UnprocessableEntity(field+" "+problem, &huma.ErrorDetail{Location: field, Message: problem})
}

// orderError returns err as callers see it, with what they can do about it.
func orderError(err error) error {
	var refused *order.RefusedError
	switch {
	case errors.As(err, &refused):
		return huma.Error409Conflict(err.Error(), &huma.ErrorDetail{Location: "path.order", Message: "is " + string(refused.State), Value: refused.Allowed})
	case errors.Is(err, order.ErrUnknown):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, orderdb.ErrBusy):
		return unavailable("too many orders wait at this shop", err)
	}
	return err
}

// change does something to an order as its caller.
func (r Orders) change(ctx context.Context, id string, c order.Change) (*orderAnswer, error) {
	var by order.Actor
	o, err := r.Store.Change(ctx, order.ID(id), func(o order.Order) (order.Order, error) {
		var ok bool
		if by, ok = actor(ctx, o); !ok {
			return o, order.ErrUnknown
		}
		if c.Action == order.Accept && c.Prep == 0 {
			c.Prep = time.Duration(o.PrepMinutes) * time.Minute
		}
		return o.Do(c, by, time.Now().UTC())
	}, r.giveBack)
	if errors.Is(err, order.ErrUnknown) {
		return nil, noOrder(id)
	}
	if err != nil {
		return nil, orderError(err)
	}
	return answerOrder(o, by), nil
}
