package api

import (
	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/httpapi"
)

// scheme is the name of the one way to sign calls.
const scheme = "bearer"

// admits is the Security of a route that lets these entities in. A route without
// one lets operators in, and one with an empty list everybody. Which of an
// entity's things a caller may touch is for the handler to see.
func admits(entities ...auth.Entity) []map[string][]string {
	names := make([]string, len(entities))
	for i, e := range entities {
		names[i] = string(e)
	}
	return []map[string][]string{{scheme: names}}
}

// open is the Security of a route for everybody.
func open() []map[string][]string { return []map[string][]string{} }

// admission refuses callers that a route does not name.
func admission(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		security := ctx.Operation().Security
		if security == nil {
			security = admits(auth.Operator)
		}
		if len(security) == 0 {
			next(ctx)
			return
		}
		entities := make([]auth.Entity, len(security[0][scheme]))
		for i, name := range security[0][scheme] {
			entities[i] = auth.Entity(name)
		}
		if err := auth.Admit(ctx.Context(), entities...); err != nil {
			ctx.SetHeader("WWW-Authenticate", httpapi.Challenge)
			_ = huma.WriteErr(api, ctx, httpapi.Refusal(err), err.Error())
			return
		}
		next(ctx)
	}
}
