package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/assignredis"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/auth"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/platform"
	"lastmile/shared/score/scoredb"
)

// Dispatching is all about how orders get their couriers.
type Dispatching struct {
	Offers   Offers
	Dispatch Dispatch
	Scores   Scores
}

// dispatchingOf returns what its routes stand on.
func dispatchingOf(p *platform.Opener) Dispatching {
	searches := assigndb.New(p.Docs(), courierdb.New(p.Docs()))
	return Dispatching{
		Offers:   Offers{Store: searches, Hints: assignredis.New(p.Redis())},
		Dispatch: Dispatch{Store: searches},
		Scores:   Scores{Store: scoredb.New(p.Docs()), Events: p.Bus()},
	}
}

func (d Dispatching) register(api huma.API) {
	d.Offers.register(api)
	d.Dispatch.register(api)
	d.Scores.register(api)
}

// Offers are the routes of couriers who are asked to carry orders. Offers come
// over the socket; the answers are calls.
type Offers struct {
	Store *assigndb.Store
	Hints *assignredis.Store
}

func (r Offers) register(api huma.API) {
	tags := []string{"offers"}
	answers := []int{http.StatusNotFound, http.StatusConflict, http.StatusGone}
	handle(api, huma.Operation{
		OperationID: "list-offers", Method: http.MethodGet, Path: "/v1/couriers/{courier}/offers", Tags: tags,
		Security: admits(auth.Courier, auth.Operator), Summary: "List the orders that a courier is asked to carry",
	}, r.list)
	handle(api, huma.Operation{
		OperationID: "accept-offer", Method: http.MethodPost, Path: "/v1/offers/{order}/accept", Tags: tags, Security: admits(auth.Courier),
		Summary:     "Take an order",
		Description: "The first courier who accepts has the order, and the others of its trip; whoever comes second is told so by the answer: 409, taken. An offer that has expired is 410. Who is off duty takes no orders: 409.",
		Errors:      answers, Extensions: map[string]any{tripsField: 13}, // again where many accept at once
	}, r.accept)
	handle(api, huma.Operation{
		OperationID: "reject-offer", Method: http.MethodPost, Path: "/v1/offers/{order}/reject", Tags: tags, Security: admits(auth.Courier),
		Summary: "Refuse an order", Errors: answers, DefaultStatus: http.StatusNoContent, Extensions: map[string]any{tripsField: 5},
	}, r.reject)
	handle(api, huma.Operation{
		OperationID: "withdraw-offer", Method: http.MethodPost, Path: "/v1/offers/{order}/withdraw", Tags: tags, Security: admits(auth.Courier),
		Summary: "Give back an order that was accepted and not picked up", Errors: answers, Extensions: map[string]any{tripsField: 13},
	}, r.withdraw)
}

// OfSearch is the order whose courier is searched.
type OfSearch struct {
	Order string `path:"order" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_.:-]*$"`
}

// offer is what a courier is asked.
type offer struct {
	Order string `json:"order"`
	Shop  string `json:"shop"`
	dispatch.Offer
}

type offersAnswer struct {
	Body struct {
		Offers []offer `json:"offers"`
	}
}

func (r Offers) list(ctx context.Context, in *OfCourier) (*offersAnswer, error) {
	if err := ownCourier(ctx, in.Courier); err != nil {
		return nil, err
	}
	found, err := r.Store.OffersTo(ctx, in.Courier, time.Now())
	if err != nil {
		return nil, err
	}
	out := &offersAnswer{}
	out.Body.Offers = make([]offer, len(found))
	for i, d := range found {
		o, _ := d.OfferTo(in.Courier)
		out.Body.Offers[i] = offer{d.Order, d.Shop, o}
	}
	return out, nil
}

// ownCourier refuses a courier who asks for another.
func ownCourier(ctx context.Context, id string) error {
	if c := auth.From(ctx); c.Entity == auth.Courier && c.ID != id {
		return huma.Error404NotFound("there is no courier " + id)
	}
	return nil
}

type offerAnswer struct{ Body offer }

func (r Offers) accept(ctx context.Context, in *OfSearch) (*offerAnswer, error) {
	by := auth.From(ctx).ID
	d, err := r.Store.Accept(ctx, in.Order, by, moment())
	if err != nil {
		return nil, offerError(err)
	}
	if !d.Open {
		return nil, offerError(dispatch.ErrOver)
	}
	o, _ := d.OfferTo(by)
	return &offerAnswer{offer{d.Order, d.Shop, o}}, nil
}

// moment is now, as Firestore keeps it.
func moment() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (r Offers) reject(ctx context.Context, in *OfSearch) (*struct{}, error) {
	by := auth.From(ctx).ID
	if err := r.Store.Reject(ctx, in.Order, by, moment()); err != nil {
		return nil, offerError(err)
	}
	return nil, r.Hints.Free(ctx, by)
}

func (r Offers) withdraw(ctx context.Context, in *OfSearch) (*offerAnswer, error) {
	by, now := auth.From(ctx).ID, moment()
	d, err := r.Store.Change(ctx, in.Order, assigndb.Change{Do: func(d dispatch.Dispatch) (dispatch.Dispatch, error) {
		if _, asked := d.OfferTo(by); !asked {
			return d, dispatch.ErrNotOffered
		}
		return d.Withdraw(by, now)
	}}, now)
	if err != nil {
		return nil, offerError(err)
	}
	o, _ := d.OfferTo(by)
	return &offerAnswer{offer{d.Order, d.Shop, o}}, nil
}

// offerError answers alike for an order that is not there and for one that others
// are asked to carry.
func offerError(err error) error {
	if errors.Is(err, dispatch.ErrUnknown) || errors.Is(err, dispatch.ErrNotOffered) {
		return huma.Error404NotFound(dispatch.ErrNotOffered.Error())
	}
	return dispatchError(err)
}

// dispatchError maps what searches return to a problem.
func dispatchError(err error) error {
	switch {
	case errors.Is(err, dispatch.ErrUnknown), errors.Is(err, dispatch.ErrNotOffered), errors.Is(err, assigndb.ErrNoRound), errors.Is(err, courier.ErrUnknown):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, dispatch.ErrExpired), errors.Is(err, dispatch.ErrOver):
		return huma.Error410Gone(err.Error())
	case errors.Is(err, dispatch.ErrTaken), errors.Is(err, dispatch.ErrRejected), errors.Is(err, dispatch.ErrPickedUp),
		errors.Is(err, dispatch.ErrNotCarried), errors.Is(err, assigndb.ErrFull), errors.Is(err, courier.ErrRefused):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, dispatch.ErrInvalid):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return err
}
