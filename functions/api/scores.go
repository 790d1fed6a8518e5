package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/score"
	"lastmile/shared/score/scoredb"
)

// Scores are the routes of how good couriers are, and why.
type Scores struct {
	Store  *scoredb.Store
	Events Emitter
}

// Emitter publishes events that nothing is stored with.
type Emitter interface {
	Publish(ctx context.Context, events ...event.Event) error
}

func (r Scores) register(api huma.API) {
	tags := []string{"scores"}
	read := func(id, path, summary string, entities ...auth.Entity) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Tags: tags, Summary: summary, Security: admits(append(entities, auth.Operator)...),
		}
	}
	handle(api, read("get-score", "/v1/couriers/{courier}/score", "Show a courier's score, and what it comes from", auth.Courier), r.get)
	handle(api, read("list-facts", "/v1/couriers/{courier}/facts", "List what is known of a courier, the newest first", auth.Courier), r.facts)
	handle(api, huma.Operation{
		OperationID: "appeal-fact", Method: http.MethodPost, Path: "/v1/couriers/{courier}/facts/{fact}/appeal", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Take back what is said of a courier", Description: "It counts no more, as if it had never happened, and is shown as excused. Appealing twice is appealing once.",
		Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, r.appeal)
	handle(api, read("get-zone-score", "/v1/zones/{zone}/score", "Show what is usual in a zone"), r.zone)
	handle(api, read("list-zone-nights", "/v1/zones/{zone}/score/versions", "List what was usual in a zone, night by night, the newest first"), r.nights)
	handle(api, read("list-zone-scores", "/v1/zones/{zone}/scores", "List the scores of a zone's couriers, by id"), r.inZone)
	handle(api, read("get-score-config", "/v1/scores/config", "Show what scores are made by"), r.config)
	handle(api, read("list-score-configs", "/v1/scores/config/versions", "List the versions of what scores are made by, the newest first"), r.configs)
	handle(api, huma.Operation{
		OperationID: "put-score-config", Method: http.MethodPut, Path: "/v1/scores/config", Tags: tags,
		Summary: "Change what scores are made by, at once for all", Errors: []int{http.StatusPreconditionFailed},
	}, r.putConfig)
}

type scoreAnswer struct{ Body scoredb.Report }

func (r Scores) get(ctx context.Context, in *OfCourier) (*scoreAnswer, error) {
	if err := ownCourier(ctx, in.Courier); err != nil {
		return nil, err
	}
	found, err := r.Store.Courier(ctx, in.Courier, time.Now().UTC())
	return &scoreAnswer{found}, err
}

type factList struct {
	Body struct {
		Facts []score.Fact `json:"facts"`
		Next  string       `json:"next,omitempty" doc:"cursor of the next page; none on the last one"`
	}
}

func (r Scores) facts(ctx context.Context, in *struct {
	OfCourier
	Cursor Cursor `query:"cursor" doc:"next of the page before"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*factList, error) {
	if err := ownCourier(ctx, in.Courier); err != nil {
		return nil, err
	}
	after, err := in.Cursor.place()
	if err != nil {
		return nil, err
	}
	found, err := r.Store.Facts(ctx, in.Courier, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &factList{}
	out.Body.Facts = found
	out.Body.Next = following(found, in.Limit, func(f score.Fact) docs.Place { return docs.Place{At: f.At, ID: f.ID} })
	return out, nil
}

type factAnswer struct{ Body score.Fact }

func (r Scores) appeal(ctx context.Context, in *struct {
	OfCourier
	Fact string `path:"fact" maxLength:"128"`
},
) (*factAnswer, error) {
	f, err := r.Store.Fact(ctx, in.Courier, in.Fact)
	if err != nil {
		return nil, scoreError(err)
	}
	if f.Cause != score.Own || f.Undoes != "" {
		return nil, huma.Error409Conflict("the fact does not count: there is nothing to take back")
	}
	appeal := f.Appealed(string(event.DeriveID("appeal", f.ID)))
	err = r.Events.Publish(ctx, &event.CourierFact{
		Header:  event.Header{ID: event.ID(appeal.ID), Time: f.At},
		Courier: f.Courier, Zone: f.Zone, Order: f.Order, Dimension: string(f.Dimension),
		Good: int(f.Good), Trials: int(f.Trials), Cause: string(f.Cause), Undoes: event.ID(appeal.Undoes),
	})
	return &factAnswer{appeal}, err
}

type usualAnswer struct{ Body scoredb.Zone }

func (r Scores) zone(ctx context.Context, in *OfZone) (*usualAnswer, error) {
	found, err := r.Store.Zone(ctx, in.Zone)
	return &usualAnswer{found}, err
}

type nightList struct {
	Body struct {
		Versions []scoredb.Zone `json:"versions"`
	}
}

func (r Scores) nights(ctx context.Context, in *struct {
	OfZone
	Before string `query:"before" maxLength:"10" doc:"only nights before this one, as in 2026-11-20"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*nightList, error) {
	found, err := r.Store.Nights(ctx, in.Zone, in.Before, in.Limit)
	out := &nightList{}
	out.Body.Versions = found
	return out, err
}

type scoreList struct {
	Body struct {
		Scores []scoredb.Report `json:"scores"`
		Next   string           `json:"next,omitempty" doc:"after of the next page; none on the last one"`
	}
}

func (r Scores) inZone(ctx context.Context, in *struct {
	OfZone
	After string `query:"after" maxLength:"64" doc:"next of the page before"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*scoreList, error) {
	found, err := r.Store.InZone(ctx, in.Zone, in.After, in.Limit, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	out := &scoreList{}
	out.Body.Scores = found
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].Courier
	}
	return out, nil
}

type scoreConfig struct {
	ETag string `header:"ETag"`
	Body scoredb.Revision
}

func (r Scores) config(ctx context.Context, _ *struct{}) (*scoreConfig, error) {
	found, err := r.Store.Config(ctx)
	return &scoreConfig{etag(found.Version), found}, err
}

func (r Scores) putConfig(ctx context.Context, in *struct {
	Conditional
	Body score.Config
},
) (*scoreConfig, error) {
	version, err := in.expected()
	if err != nil {
		return nil, err
	}
	stored, err := r.Store.PutConfig(ctx, in.Body, version, auth.From(ctx).String(), moment())
	if errors.Is(err, scoredb.ErrStale) {
		return nil, stale(stored.Version)
	}
	if err != nil {
		return nil, scoreError(err)
	}
	return &scoreConfig{etag(stored.Version), stored}, nil
}

type scoreConfigs struct {
	Body struct {
		Versions []scoredb.Revision `json:"versions"`
	}
}

func (r Scores) configs(ctx context.Context, in *struct {
	Before int `query:"before" minimum:"0" doc:"only older versions than this one"`
	Limit  int `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*scoreConfigs, error) {
	found, err := r.Store.ConfigHistory(ctx, in.Before, in.Limit)
	out := &scoreConfigs{}
	out.Body.Versions = found
	return out, err
}

func scoreError(err error) error {
	switch {
	case errors.Is(err, scoredb.ErrUnknown):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, score.ErrInvalid):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return err
}
