package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/courier"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/logs"
)

// Couriers are the routes of couriers.
type Couriers struct {
	Store    *courierdb.Store
	Sessions Sessions // of those who are disabled, to be ended
}

func (r Couriers) register(api huma.API) {
	const path = "/v1/couriers/{courier}"
	tags := []string{"couriers"}
	own := admits(auth.Courier, auth.Operator)
	handle(api, huma.Operation{OperationID: "list-couriers", Method: http.MethodGet, Path: "/v1/couriers", Tags: tags, Summary: "List couriers"}, r.list)
	handle(api, huma.Operation{
		OperationID: "get-courier", Method: http.MethodGet, Path: path, Tags: tags, Security: own, Summary: "Read a courier, and what they carry",
	}, r.get)
	handle(api, huma.Operation{
		OperationID: "put-courier", Method: http.MethodPut, Path: path, Tags: tags,
		Summary: "Change a courier, take on a new one, or disable one, which ends their sessions", Errors: []int{http.StatusPreconditionFailed},
		Extensions: trips(20), // again where others change them, and their sessions
	}, r.put)
	handle(api, huma.Operation{
		OperationID: "set-duty", Method: http.MethodPut, Path: path + "/duty", Tags: tags, Security: own,
		Summary: "Go on duty or off duty", Errors: []int{http.StatusConflict}, Extensions: trips(10), // again where others change them
	}, r.duty)
	handle(api, huma.Operation{
		OperationID: "set-vehicle", Method: http.MethodPut, Path: path + "/vehicle", Tags: tags, Security: own,
		Summary: "Say by what a courier moves and how much they carry", Extensions: trips(10),
	}, r.vehicle)
	handle(api, huma.Operation{
		OperationID: "hand-in-cash", Method: http.MethodPost, Path: path + "/cash", Tags: tags,
		Summary: "Note that a courier has handed in cash, and may collect as much again", Errors: []int{http.StatusConflict}, Extensions: trips(10),
	}, r.cash)
}

// CourierRef names a courier in a path.
type CourierRef struct {
	Courier string `path:"courier" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]*$" example:"ada"`
}

// own refuses a courier who asks for another.
func (in CourierRef) own(ctx context.Context) error {
	if c := auth.From(ctx); c.Entity == auth.Courier && c.ID != in.Courier {
		return courierError(courier.ErrUnknown)
	}
	return nil
}

type courierAnswer struct {
	ETag string `header:"ETag"`
	Body courier.Courier
}

func answerCourier(c courier.Courier, err error) (*courierAnswer, error) {
	if err != nil {
		return nil, courierError(err)
	}
	return &courierAnswer{ETag: etag(c.Version), Body: c}, nil
}

func (r Couriers) get(ctx context.Context, in *CourierRef) (*courierAnswer, error) {
	if err := in.own(ctx); err != nil {
		return nil, err
	}
	return answerCourier(r.Store.Get(ctx, courier.ID(in.Courier)))
}

type listCouriers struct {
	Zone   string `query:"zone" maxLength:"64" doc:"only couriers of this zone"`
	OnDuty bool   `query:"onDuty" doc:"only those on duty"`
	After  string `query:"after" maxLength:"64" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type couriersAnswer struct {
	Body struct {
		Couriers []courier.Courier `json:"couriers"`
		Next     string            `json:"next,omitempty" doc:"after of the next page; none on the last one"`
	}
}

func (r Couriers) list(ctx context.Context, in *listCouriers) (*couriersAnswer, error) {
	found, err := r.Store.List(ctx, courierdb.Query{Zone: in.Zone, OnDuty: in.OnDuty, After: courier.ID(in.After), Limit: in.Limit})
	out := &couriersAnswer{}
	out.Body.Couriers = found
	if len(found) == in.Limit {
		out.Body.Next = string(found[len(found)-1].ID)
	}
	return out, err
}

type putCourier struct {
	CourierRef
	Conditional
	Body courier.Profile
}

func (r Couriers) put(ctx context.Context, in *putCourier) (*courierAnswer, error) {
	expected, err := in.expected()
	if err != nil {
		return nil, err
	}
	if faults := in.Body.Faults(); len(faults) > 0 {
		return nil, profileError(faults)
	}
	id, by, now := courier.ID(in.Courier), logs.From(ctx).Caller, time.Now().UTC()
	c, err := r.Store.Change(ctx, id, func(c courier.Courier) (courier.Courier, error) {
		if expected != anyVersion && expected != c.Version {
			return c, stale(c.Version)
		}
		return c.With(in.Body, by, now), nil
	})
	if errors.Is(err, courier.ErrUnknown) && expected <= 0 {
		c = courier.Courier{ID: id}.With(in.Body, by, now)
		err = r.Store.Create(ctx, c)
	}
	if err == nil && c.Disabled {
		err = r.Sessions.end(ctx, auth.Courier, in.Courier)
	}
	return answerCourier(c, err)
}

func (r Couriers) duty(ctx context.Context, in *struct {
	CourierRef
	Body struct {
		OnDuty    bool      `json:"onDuty"`
		ShiftEnds time.Time `json:"shiftEnds,omitempty" required:"false" doc:"when they want to be through"`
	}
},
) (*courierAnswer, error) {
	return r.change(ctx, in.CourierRef, func(c courier.Courier, by string, now time.Time) (courier.Courier, error) {
		return c.Duty(in.Body.OnDuty, in.Body.ShiftEnds.UTC(), by, now)
	})
}

func (r Couriers) vehicle(ctx context.Context, in *struct {
	CourierRef
	Body struct {
		Vehicle  courier.Vehicle `json:"vehicle" enum:"foot,bicycle,motorbike,car"`
		Capacity int             `json:"capacity" minimum:"1" maximum:"20" doc:"how many orders at once"`
	}
},
) (*courierAnswer, error) {
	return r.change(ctx, in.CourierRef, func(c courier.Courier, by string, now time.Time) (courier.Courier, error) {
		p := c.Profile()
		p.Vehicle, p.Capacity = in.Body.Vehicle, in.Body.Capacity
		return c.With(p, by, now), nil
	})
}

func (r Couriers) cash(ctx context.Context, in *struct {
	CourierRef
	Body struct {
		Amount int64 `json:"amount" minimum:"1" doc:"in the minor unit of the zone's currency"`
	}
},
) (*courierAnswer, error) {
	return r.change(ctx, in.CourierRef, func(c courier.Courier, by string, now time.Time) (courier.Courier, error) {
		return c.HandIn(in.Body.Amount, by, now)
	})
}

func (r Couriers) change(ctx context.Context, in CourierRef, f func(c courier.Courier, by string, now time.Time) (courier.Courier, error)) (*courierAnswer, error) {
	if err := in.own(ctx); err != nil {
		return nil, err
	}
	return answerCourier(r.Store.Change(ctx, courier.ID(in.Courier), func(c courier.Courier) (courier.Courier, error) {
		return f(c, logs.From(ctx).Caller, time.Now().UTC())
	}))
}

// profileError says of each field what is wrong with it.
func profileError(faults []courier.Fault) error {
	all := make([]error, len(faults))
	for i, f := range faults {
		all[i] = &huma.ErrorDetail{Location: "body." + f.Field, Message: f.Problem + ": " + f.Remedy}
	}
	return huma.Error422UnprocessableEntity("the courier makes no sense as they are", all...)
}

// courierError returns err as callers see it, with what they can do about it.
func courierError(err error) error {
	switch {
	case errors.Is(err, courier.ErrUnknown):
		return huma.Error404NotFound("there is no such courier")
	case errors.Is(err, courier.ErrRefused), errors.Is(err, courierdb.ErrExists):
		return huma.Error409Conflict(err.Error())
	}
	return err
}
