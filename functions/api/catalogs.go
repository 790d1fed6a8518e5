package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/httpapi"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/logs"
)

// Catalogs are the routes of shops' catalogues.
type Catalogs struct {
	Store *catalogdb.Store
	Jobs  *jobdb.Store
}

func (c Catalogs) register(api huma.API) {
	const path = "/v1/shops/{shop}/catalog"
	tags := []string{"catalogues"}
	handle(api, huma.Operation{
		OperationID: "get-catalog", Method: http.MethodGet, Path: path, Tags: tags, Summary: "Read how a shop's catalogue is synced",
	}, c.get)
	handle(api, huma.Operation{
		OperationID: "put-catalog", Method: http.MethodPut, Path: path, Tags: tags, Summary: "Change how a shop's catalogue is synced, from the next sync on",
		SkipValidateBody: true, // our own validation names every fault at once, with its remedy
	}, c.put)
	handle(api, huma.Operation{
		OperationID: "list-catalog-versions", Method: http.MethodGet, Path: path + "/versions", Tags: tags, Summary: "List who changed the settings, when and to what",
	}, c.versions)
	handle(api, huma.Operation{
		OperationID: "sync-catalog", Method: http.MethodPost, Path: path + "/sync", Tags: tags, Summary: "Sync a shop's catalogue now", DefaultStatus: http.StatusAccepted,
	}, c.sync)
	handle(api, huma.Operation{
		OperationID: "get-freshness", Method: http.MethodGet, Path: path + "/freshness", Tags: tags, Summary: "Tell how old a shop's items are",
	}, c.freshness)
}

// InShop is the part of a request that names a shop. It is exported for huma,
// which skips embedded types that are not.
type InShop struct {
	Shop string `path:"shop" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]*$" example:"corner-bakery"`
}

type catalogAnswer struct {
	ETag string `header:"ETag"`
	Body catalogdb.Revision
}

func answerCatalog(r catalogdb.Revision) *catalogAnswer {
	return &catalogAnswer{ETag: etag(r.Version), Body: r}
}

func (c Catalogs) get(ctx context.Context, in *InShop) (*catalogAnswer, error) {
	stored, err := c.Store.Get(ctx, in.Shop)
	if err != nil {
		return nil, catalogError(err)
	}
	return answerCatalog(stored.Current), nil
}

// settingsBody reads settings, and remembers why it could not.
type settingsBody struct {
	catalog.Settings
	fault error
}

// UnmarshalJSON refuses fields that do not exist: they are mostly misspelt.
func (b *settingsBody) UnmarshalJSON(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	b.fault = in.Decode(&b.Settings)
	return nil
}

// Schema implements [huma.SchemaProvider].
func (settingsBody) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[catalog.Settings](), true, "")
}

type putCatalog struct {
	InShop
	Conditional
	Body settingsBody
}

func (c Catalogs) put(ctx context.Context, in *putCatalog) (*catalogAnswer, error) {
	expected, err := in.expected()
	if err != nil {
		return nil, err
	}
	settings, err := in.settings()
	if err != nil {
		return nil, catalogError(err)
	}
	stored, err := c.Store.Put(ctx, settings, expected, logs.From(ctx).Caller, time.Now().UTC())
	if errors.Is(err, catalogdb.ErrStale) {
		return nil, stale(stored.Current.Version)
	}
	if err != nil {
		return nil, catalogError(err)
	}
	return answerCatalog(stored.Current), nil
}

// settings returns what is to be stored, or all that is wrong with it.
func (in *putCatalog) settings() (catalog.Settings, error) {
	var mistyped *json.UnmarshalTypeError
	switch err := in.Body.fault; {
	case errors.As(err, &mistyped):
		return catalog.Settings{}, catalog.Errors{{Field: mistyped.Field, Problem: "is a " + mistyped.Value, Remedy: "use a " + mistyped.Type.String()}}
	case err != nil:
		return catalog.Settings{}, catalog.Errors{{Field: "", Problem: err.Error(), Remedy: "use the fields of the schema"}}
	}
	s := in.Body.Settings
	if s.Shop == "" {
		s.Shop = in.Shop
	}
	s = s.WithDefaults()
	if s.Shop != in.Shop {
		return s, catalog.Errors{{Field: "shop", Problem: "is not the shop of the path", Remedy: "leave it out"}}
	}
	return s, s.Validate()
}

type listVersions struct {
	InShop
	Before int `query:"before" minimum:"0" doc:"the oldest version of the page before"`
	Limit  int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type versionsAnswer struct {
	Body struct {
		Versions []catalogdb.Revision `json:"versions"`
	}
}

func (c Catalogs) versions(ctx context.Context, in *listVersions) (*versionsAnswer, error) {
	var out versionsAnswer
	var err error
	out.Body.Versions, err = c.Store.History(ctx, in.Shop, in.Before, in.Limit)
	return &out, catalogError(err)
}

type syncCatalog struct {
	InShop
	Join bool `query:"join" doc:"where a sync is running, answer with that one"`
}

func (c Catalogs) sync(ctx context.Context, in *syncCatalog) (*jobAnswer, error) {
	if _, err := c.Store.Get(ctx, in.Shop); err != nil {
		return nil, catalogError(err)
	}
	caller := logs.From(ctx).Caller
	id := job.ID(httpapi.EffectID(ctx))
	j, _, err := c.Jobs.Submit(ctx, job.New(id, job.CatalogSync, in.Shop, caller, time.Now().UTC()), nil)
	var busy *job.BusyError
	if in.Join && errors.As(err, &busy) {
		j, err = c.Jobs.Get(ctx, busy.Holder)
	}
	if err != nil {
		return nil, catalogError(err)
	}
	return answer(j, job.Tally{}), nil
}

// catalogError returns err as callers see it, with what they can do about it.
func catalogError(err error) error {
	var faults catalog.Errors
	switch {
	case errors.As(err, &faults):
		return huma.Error422UnprocessableEntity("the settings make no sense", details(faults)...)
	case errors.Is(err, catalogdb.ErrNoCatalog), errors.Is(err, catalogdb.ErrNoItem):
		return huma.Error404NotFound(err.Error())
	}
	return jobError(err)
}

// details says of each field what is wrong with it and what would be right.
func details(faults catalog.Errors) []error {
	all := make([]error, len(faults))
	for i, f := range faults {
		all[i] = &huma.ErrorDetail{Location: "body." + f.Field, Message: f.Problem + ": " + f.Remedy}
	}
	return all
}
