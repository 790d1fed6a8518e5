// Package api is the HTTP API: one router, one file for each resource.
//
// Trigger: calls from apps and operators. Every route is described at
// /openapi.json. A POST with an Idempotency-Key has its effect once.
package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lastmile/shared/auth"
	"lastmile/shared/httpapi"
)

// Function is the API.
type Function struct{ handler http.Handler }

// Resources are what the routes stand on.
type Resources struct {
	Campaigns   Campaigns
	Catalogs    Catalogs
	Selling     Selling
	Jobs        Jobs
	DeadLetters DeadLetters
	Locations   Locations
	Cutovers    Cutovers
	Devices     Devices
	Dispatching Dispatching
	Fleet       Fleet
	Files       Files
	Pictures    Pictures
	Logs        Logs
	Sessions    Sessions
	Accounts    Accounts
}

// maxBody bounds a request's body, in bytes.
const maxBody = 4 << 20

// New returns the API on r, behind layers.
func New(r Resources, layers ...httpapi.Layer) *Function {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("lastmile", "1.0.0")
	config.DocsPath = ""
	config.Formats = shallow(config.Formats)
	config.Transformers = append(config.Transformers, discreet)
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.CreateHooks = nil // no $schema in answers: what was read can be sent back
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{scheme: {Type: "http", Scheme: "bearer"}}
	config.Security = admits(auth.Operator)
	routes := humago.New(mux, config)
	routes.UseMiddleware(about, admission(routes))
	health(routes)
	r.Campaigns.register(routes)
	r.Catalogs.register(routes)
	r.Selling.register(routes)
	r.Jobs.register(routes)
	r.DeadLetters.register(routes)
	r.Locations.register(routes)
	r.Cutovers.register(routes)
	r.Devices.register(routes)
	r.Dispatching.register(routes)
	r.Fleet.register(routes)
	r.Files.register(routes)
	r.Pictures.register(routes)
	r.Logs.register(routes)
	r.Sessions.register(routes)
	r.Accounts.register(routes)
	readable(mux, routes)
	mux.HandleFunc("/", lost(mux))
	calls := httpapi.Text(httpapi.LimitBody(maxBody)(mux))
	return &Function{handler: httpapi.Chain(r.Files.beside(calls), layers...)}
}

func (f *Function) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

func health(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "health", Method: http.MethodGet, Path: "/health", Summary: "Tell that the API runs", Security: open(),
	}, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
}
