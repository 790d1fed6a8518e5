package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/cutover"
	"lastmile/shared/logs"
)

// Cutovers are the routes of functions that have a successor in shadow.
type Cutovers struct{ Store *cutover.Store }

func (r Cutovers) register(api huma.API) {
	const path = "/v1/cutovers/{function}"
	tags := []string{"cut-overs"}
	handle(api, huma.Operation{
		OperationID: "get-cutover", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "Tell which path is live for whom, and how both compare",
	}, r.get)
	handle(api, huma.Operation{
		OperationID: "flip-cutover", Method: http.MethodPost, Path: path + "/flips", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Make a path live for a tenant, or for everyone", Errors: []int{http.StatusConflict},
	}, r.flip)
	handle(api, huma.Operation{
		OperationID: "list-comparisons", Method: http.MethodGet, Path: path + "/comparisons", Tags: tags,
		Summary: "List what both paths did with events, the latest first",
	}, r.list)
}

// InCutover is the part of a request that names the function in service.
type InCutover struct {
	Function string `path:"function" maxLength:"64" pattern:"^[a-z][a-z0-9]*$" example:"catalogpage"`
}

type cutoverAnswer struct {
	Body struct {
		// Flips are all that there were, by tenant; the empty tenant is everyone.
		Flips map[string][]cutover.Flip `json:"flips"`

		Same    int `json:"same"`
		Differs int `json:"differs"`
		Skipped int `json:"skipped"`
	}
}

func (r Cutovers) get(ctx context.Context, in *InCutover) (*cutoverAnswer, error) {
	setting, err := r.Store.Setting(ctx, in.Function)
	if err != nil {
		return nil, err
	}
	out := &cutoverAnswer{}
	out.Body.Flips = setting.Flips
	for outcome, count := range map[cutover.Outcome]*int{
		cutover.Same: &out.Body.Same, cutover.Differs: &out.Body.Differs, cutover.Skipped: &out.Body.Skipped,
	} {
		if *count, err = r.Store.Count(ctx, in.Function, outcome); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FlipCutover asks for a flip.
type FlipCutover struct {
	InCutover
	Body struct {
		Tenant string       `json:"tenant,omitempty" maxLength:"64" doc:"whose events; empty for everyone without flips of their own"`
		Path   cutover.Path `json:"path" enum:"old,new" doc:"the path that becomes live"`
	}
}

type flipAnswer struct {
	Body struct {
		// Effective is when the path becomes live: for events of then or later.
		Effective time.Time `json:"effective"`
	}
}

func (r Cutovers) flip(ctx context.Context, in *FlipCutover) (*flipAnswer, error) {
	at, err := r.Store.Flip(ctx, in.Function, in.Body.Tenant, in.Body.Path, logs.From(ctx).Caller)
	if errors.Is(err, cutover.ErrTooMany) {
		return nil, huma.Error409Conflict(err.Error())
	}
	if err != nil {
		return nil, err
	}
	out := &flipAnswer{}
	out.Body.Effective = at
	return out, nil
}

// ListComparisons selects comparisons.
type ListComparisons struct {
	InCutover
	Outcome cutover.Outcome `query:"outcome" enum:"same,differs,skipped" default:"differs"`
	Before  time.Time       `query:"before" doc:"at of the last one of the list before"`
	Limit   int             `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

type comparisonList struct {
	Body struct {
		Comparisons []cutover.Comparison `json:"comparisons"`
	}
}

func (r Cutovers) list(ctx context.Context, in *ListComparisons) (*comparisonList, error) {
	found, err := r.Store.List(ctx, in.Function, in.Outcome, in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &comparisonList{}
	out.Body.Comparisons = found
	return out, nil
}
