package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/geo"
	"lastmile/shared/track"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackdb"
	"lastmile/shared/track/trackredis"
)

// Locations are the routes of where couriers are and were.
type Locations struct {
	Intake   *intake.Intake
	Carrying *Carrying
	Now      *trackredis.Store
	Past     *trackdb.Store
}

func (l Locations) register(api huma.API) {
	tags := []string{"locations"}
	handle(api, huma.Operation{
		OperationID: "report-locations", Method: http.MethodPost, Path: "/v1/couriers/{courier}/locations", Tags: tags,
		Summary:     "Report where a courier is",
		Description: "Takes one fix or up to 250, in the order in which the device made them. Sending fixes again is harmless: repeat whatever was not answered. Couriers report for themselves, and name only orders that are under way with them.",
		Security:    admits(auth.Courier, auth.Operator, auth.Service),
		Errors:      []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}, l.report)
	handle(api, huma.Operation{
		OperationID: "get-location", Method: http.MethodGet, Path: "/v1/couriers/{courier}/location", Tags: tags,
		Summary: "Show where a courier is", Errors: []int{http.StatusNotFound},
	}, l.one)
	handle(api, huma.Operation{
		OperationID: "list-locations", Method: http.MethodGet, Path: "/v1/locations", Tags: tags, Summary: "Show where couriers are",
	}, l.many)
	handle(api, huma.Operation{
		OperationID: "near-locations", Method: http.MethodGet, Path: "/v1/locations/near", Tags: tags, Summary: "List the couriers near a place, the nearest first",
	}, l.near)
	handle(api, huma.Operation{
		OperationID: "get-trail", Method: http.MethodGet, Path: "/v1/orders/{order}/trail", Tags: tags, Summary: "Show the way that an order went",
	}, l.trail)
}

// OfCourier is the courier that a path names.
type OfCourier struct {
	Courier string `path:"courier" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_.:-]*$"`
}

type reportLocations struct {
	OfCourier
	Body struct {
		Fixes []intake.Report `json:"fixes" minItems:"1" maxItems:"250"`
	}
}

type receipt struct {
	Body struct {
		Accepted int       `json:"accepted"`
		Refused  []refused `json:"refused,omitempty"`
		Now      time.Time `json:"now" doc:"our clock, by which the device may set its own"`
	}
}

type refused struct {
	Index  int          `json:"index" doc:"place in fixes, from 0"`
	Reason track.Reason `json:"reason" enum:"name,number,range,future,old,speed"`
	Detail string       `json:"detail"`
}

func (l Locations) report(ctx context.Context, in *reportLocations) (*receipt, error) {
	if err := l.Carrying.mayReport(ctx, in); err != nil {
		return nil, err
	}
	fixes := make([]track.Fix, len(in.Body.Fixes))
	for i, f := range in.Body.Fixes {
		fixes[i] = f.Of(track.CourierID(in.Courier))
	}
	r, err := l.Intake.Accept(ctx, fixes...)
	if errors.Is(err, intake.ErrBusy) {
		return nil, unavailable("too many positions wait to be kept", err)
	}
	if err != nil {
		return nil, err
	}
	var out receipt
	out.Body.Accepted, out.Body.Now = r.Accepted, time.Now().UTC()
	for _, x := range r.Refused {
		out.Body.Refused = append(out.Body.Refused, refused{x.Index, x.Reason.Reason, x.Reason.Detail})
	}
	return &out, nil
}

// location is where a courier is.
type location struct {
	Courier track.CourierID `json:"courier"`
	intake.Report
	Metres float64 `json:"metres,omitempty" doc:"how far away, where a place was asked for"`
}

func locationOf(f track.Fix) location {
	return location{Courier: f.Courier, Report: intake.Report{
		At: f.At, Seq: f.Seq, Lat: f.Lat, Lng: f.Lng, Accuracy: f.Accuracy, Speed: f.Speed, Heading: f.Heading,
	}}
}

type locationAnswer struct{ Body location }

func (l Locations) one(ctx context.Context, in *OfCourier) (*locationAnswer, error) {
	found, err := l.find(ctx, track.CourierID(in.Courier))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, huma.Error404NotFound("courier " + in.Courier + " has not reported a position in the last week")
	}
	return &locationAnswer{locationOf(found[0])}, nil
}

type listLocations struct {
	Couriers []string `query:"courier" minItems:"1" maxItems:"250" required:"true" doc:"ids, with commas between them"`
}

type locationsAnswer struct {
	Body struct {
		Locations []location `json:"locations" doc:"of the couriers that are known"`
	}
}

func (l Locations) many(ctx context.Context, in *listLocations) (*locationsAnswer, error) {
	ids := make([]track.CourierID, len(in.Couriers))
	for i, c := range in.Couriers {
		ids[i] = track.CourierID(strings.TrimSpace(c))
	}
	found, err := l.find(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := &locationsAnswer{}
	out.Body.Locations = make([]location, len(found))
	for i, f := range found {
		out.Body.Locations[i] = locationOf(f)
	}
	return out, nil
}

// find asks Redis, and the database for those whom Redis does not know: one
// round trip or two, however many.
func (l Locations) find(ctx context.Context, ids ...track.CourierID) ([]track.Fix, error) {
	found, err := l.Now.Newest(ctx, ids...)
	if err != nil || len(found) == len(ids) {
		return found, err
	}
	stored, err := l.Past.Positions(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[track.CourierID]bool, len(found))
	for _, f := range found {
		known[f.Courier] = true
	}
	for _, id := range ids {
		if f, ok := stored[id]; ok && !known[id] {
			known[id] = true
			found = append(found, f)
		}
	}
	return found, nil
}

type nearLocations struct {
	Lat    float64 `query:"lat" required:"true" minimum:"-85.05" maximum:"85.05"`
	Lng    float64 `query:"lng" required:"true" minimum:"-180" maximum:"180"`
	Metres float64 `query:"metres" minimum:"1" maximum:"100000" default:"3000"`
	Limit  int     `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (l Locations) near(ctx context.Context, in *nearLocations) (*locationsAnswer, error) {
	found, err := l.Now.Nearby(ctx, geo.Point{Lat: in.Lat, Lng: in.Lng}, in.Metres, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &locationsAnswer{}
	out.Body.Locations = make([]location, len(found))
	for i, n := range found {
		out.Body.Locations[i] = locationOf(n.Fix)
		out.Body.Locations[i].Metres = n.Metres
	}
	return out, nil
}

type getTrail struct {
	Order string `path:"order" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_.:-]*$"`
}

// leg is what one courier went of an order's way.
type leg struct {
	Courier track.CourierID `json:"courier"`
	Metres  float64         `json:"metres" doc:"along the trail"`
	Trail   track.Trail     `json:"trail"`
}

type trailAnswer struct {
	Body struct {
		Legs []leg `json:"legs" doc:"one for each courier that carried the order"`
	}
}

// trail joins what the database has with what has not got there yet.
func (l Locations) trail(ctx context.Context, in *getTrail) (*trailAnswer, error) {
	pending, err := l.Now.Pending(ctx, track.OrderID(in.Order))
	if err != nil {
		return nil, err
	}
	stored, err := l.Past.Trail(ctx, track.OrderID(in.Order))
	if err != nil {
		return nil, err
	}
	out := &trailAnswer{}
	out.Body.Legs = []leg{}
	for _, p := range track.Join(append(stored, pending...)...) {
		out.Body.Legs = append(out.Body.Legs, leg{p.Courier, p.Trail.Length(), p.Trail})
	}
	return out, nil
}
