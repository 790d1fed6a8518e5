package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/assign"
	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/dispatch"
	"lastmile/shared/auth"
	"lastmile/shared/docs"
)

// Dispatch are the routes by which operators see how orders get their couriers,
// and decide otherwise.
type Dispatch struct{ Store *assigndb.Store }

func (r Dispatch) register(api huma.API) {
	tags := []string{"dispatch"}
	read := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Tags: tags, Summary: summary}
	}
	decide := func(id, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: "/v1/dispatch/{order}/" + path, Tags: tags, Summary: summary,
			Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone}, Extensions: map[string]any{tripsField: 13},
		}
	}
	handle(api, read("list-dispatch", "/v1/dispatch", "List the searches for couriers in a state, the oldest first"), r.list)
	handle(api, read("get-dispatch", "/v1/dispatch/{order}", "Show the search for an order's courier"), r.get)
	handle(api, decide("pin-courier", "pin", "Give an order to a courier, whoever has it; it stays there"), r.pin)
	handle(api, decide("retry-dispatch", "retry", "Search a courier anew, whoever has the order"), r.retry)
	handle(api, decide("cancel-dispatch", "cancel", "End the search for a courier; the order stays as it is"), r.cancel)
	handle(api, read("list-order-rounds", "/v1/dispatch/{order}/rounds", "List the rounds that looked at an order, the newest first"), r.roundsOfOrder)
	handle(api, read("list-zone-rounds", "/v1/zones/{zone}/rounds", "List the rounds of a zone, the newest first"), r.roundsOfZone)
	handle(api, read("get-round", "/v1/rounds/{round}", "Show the ledger of a round: all that went in, and why it decided so"), r.round)
	handle(api, huma.Operation{
		OperationID: "replay-round", Method: http.MethodPost, Path: "/v1/rounds/{round}/replay", Tags: tags,
		Summary: "Make a round again from its ledger, with every candidate explained", Description: "It has no effect. The answer says whether the decision is the same.",
	}, r.replay)
	handle(api, read("get-dispatch-settings", "/v1/zones/{zone}/dispatch", "Show how a zone's orders get their couriers"), r.settings)
	handle(api, read("list-dispatch-settings", "/v1/zones/{zone}/dispatch/versions", "List the versions of a zone's settings, the newest first"), r.history)
	handle(api, huma.Operation{
		OperationID: "put-dispatch-settings", Method: http.MethodPut, Path: "/v1/zones/{zone}/dispatch", Tags: tags,
		Summary: "Change how a zone's orders get their couriers, from the next round on", Errors: []int{http.StatusPreconditionFailed},
	}, r.putSettings)
}

type searchList struct {
	Body struct {
		Searches []dispatch.Dispatch `json:"searches"`
		Next     string              `json:"next,omitempty" doc:"cursor of the next page; none on the last one"`
	}
}

func (r Dispatch) list(ctx context.Context, in *struct {
	State  string `query:"state" enum:"waiting,carried,unassigned,completed,cancelled" default:"unassigned"`
	Zone   string `query:"zone" maxLength:"64"`
	Cursor Cursor `query:"cursor" doc:"next of the page before"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*searchList, error) {
	after, err := in.Cursor.place()
	if err != nil {
		return nil, err
	}
	found, err := r.Store.In(ctx, in.Zone, dispatch.State(in.State), after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &searchList{}
	out.Body.Searches = found
	out.Body.Next = following(found, in.Limit, func(d dispatch.Dispatch) docs.Place { return docs.Place{At: d.Created, ID: d.Order} })
	return out, nil
}

type searchAnswer struct{ Body dispatch.Dispatch }

func (r Dispatch) get(ctx context.Context, in *OfSearch) (*searchAnswer, error) {
	d, err := r.Store.Get(ctx, in.Order)
	if err != nil {
		return nil, dispatchError(err)
	}
	return &searchAnswer{d}, nil
}

// change makes an operator's decision. It speaks against no courier.
func (r Dispatch) change(ctx context.Context, order string, f func(dispatch.Dispatch, time.Time) (dispatch.Dispatch, error)) (*searchAnswer, error) {
	now := moment()
	d, err := r.Store.Change(ctx, order, assigndb.Change{
		Blame: "app", Do: func(d dispatch.Dispatch) (dispatch.Dispatch, error) { return f(d, now) },
	}, now)
	if err != nil {
		return nil, dispatchError(err)
	}
	return &searchAnswer{d}, nil
}

func (r Dispatch) pin(ctx context.Context, in *struct {
	OfSearch
	Body struct {
		Courier string `json:"courier" minLength:"1" maxLength:"64"`
	}
},
) (*searchAnswer, error) {
	return r.change(ctx, in.Order, func(d dispatch.Dispatch, now time.Time) (dispatch.Dispatch, error) {
		return d.Pin(in.Body.Courier, now)
	})
}

func (r Dispatch) retry(ctx context.Context, in *OfSearch) (*searchAnswer, error) {
	return r.change(ctx, in.Order, dispatch.Dispatch.Retry)
}

func (r Dispatch) cancel(ctx context.Context, in *OfSearch) (*searchAnswer, error) {
	return r.change(ctx, in.Order, func(d dispatch.Dispatch, now time.Time) (dispatch.Dispatch, error) {
		if !d.PickedUp.IsZero() {
			return d, dispatch.ErrPickedUp
		}
		return d.Cancel(now), nil
	})
}

type roundList struct {
	Body struct {
		Rounds []assigndb.RoundRef `json:"rounds"`
		Next   string              `json:"next,omitempty" doc:"cursor of the next page; none on the last one"`
	}
}

// PageOfRounds is a part of a list of rounds.
type PageOfRounds struct {
	Cursor Cursor `query:"cursor" doc:"next of the page before"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

func (r Dispatch) rounds(ctx context.Context, order, zone string, p PageOfRounds) (*roundList, error) {
	after, err := p.Cursor.place()
	if err != nil {
		return nil, err
	}
	found, err := r.Store.RoundsOf(ctx, order, zone, after, p.Limit)
	if err != nil {
		return nil, err
	}
	out := &roundList{}
	out.Body.Rounds = found
	out.Body.Next = following(found, p.Limit, func(r assigndb.RoundRef) docs.Place { return docs.Place{At: r.At, ID: r.ID} })
	return out, nil
}

func (r Dispatch) roundsOfOrder(ctx context.Context, in *struct {
	OfSearch
	PageOfRounds
},
) (*roundList, error) {
	return r.rounds(ctx, in.Order, "", in.PageOfRounds)
}

// OfZone is the zone that a path names.
type OfZone struct {
	Zone string `path:"zone" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_.:-]*$"`
}

func (r Dispatch) roundsOfZone(ctx context.Context, in *struct {
	OfZone
	PageOfRounds
},
) (*roundList, error) {
	return r.rounds(ctx, "", in.Zone, in.PageOfRounds)
}

// OfRound is the round that a path names.
type OfRound struct {
	Round string `path:"round" maxLength:"64"`
}

type roundAnswer struct{ Body assigndb.Round }

func (r Dispatch) round(ctx context.Context, in *OfRound) (*roundAnswer, error) {
	found, err := r.Store.Round(ctx, in.Round)
	if err != nil {
		return nil, dispatchError(err)
	}
	return &roundAnswer{found}, nil
}

type replayed struct {
	Body struct {
		Same     bool            `json:"same" doc:"the round decides as it did then"`
		Decision assign.Decision `json:"decision"`
	}
}

func (r Dispatch) replay(ctx context.Context, in *OfRound) (*replayed, error) {
	found, err := r.Store.Round(ctx, in.Round)
	if err != nil {
		return nil, dispatchError(err)
	}
	out := &replayed{}
	out.Body.Same = reflect.DeepEqual(assign.Decide(found.Input), found.Decision)
	found.Input.Explain = true
	out.Body.Decision = assign.Decide(found.Input)
	return out, nil
}

type dispatchSettings struct {
	ETag string `header:"ETag"`
	Body assigndb.Revision
}

func (r Dispatch) settings(ctx context.Context, in *OfZone) (*dispatchSettings, error) {
	found, err := r.Store.Settings(ctx, in.Zone)
	return &dispatchSettings{etag(found.Version), found}, err
}

func (r Dispatch) putSettings(ctx context.Context, in *struct {
	OfZone
	Conditional
	Body dispatch.Settings
},
) (*dispatchSettings, error) {
	version, err := in.expected()
	if err != nil {
		return nil, err
	}
	stored, err := r.Store.PutSettings(ctx, in.Zone, in.Body, version, auth.From(ctx).String(), moment())
	if errors.Is(err, assigndb.ErrStale) {
		return nil, stale(stored.Version)
	}
	if err != nil {
		return nil, dispatchError(err)
	}
	return &dispatchSettings{etag(stored.Version), stored}, nil
}

type dispatchHistory struct {
	Body struct {
		Versions []assigndb.Revision `json:"versions"`
	}
}

func (r Dispatch) history(ctx context.Context, in *struct {
	OfZone
	Before int `query:"before" minimum:"0" doc:"only older versions than this one"`
	Limit  int `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*dispatchHistory, error) {
	found, err := r.Store.History(ctx, in.Zone, in.Before, in.Limit)
	out := &dispatchHistory{}
	out.Body.Versions = found
	return out, err
}
