package api

import (
	"lastmile/shared/function"
	"lastmile/shared/httpapi"
	"lastmile/shared/platform"
)

// Spec declares the API.
func Spec() function.Spec {
	return function.Spec{
		Name:    "api",
		Class:   function.Interactive,
		Binding: function.Bind(build, function.OnHTTP[*Function]()),
	}
}

func build(p *platform.Platform) (*Function, error) {
	return New(Resources{},
		httpapi.Record(p.Logs),
		httpapi.Operator(string(p.Config.OperatorToken), openPaths...),
	), nil
}
