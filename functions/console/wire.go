package console

import (
	"net/http"

	"lastmile/shared/function"
	"lastmile/shared/httpapi"
	"lastmile/shared/platform"
)

// Spec declares the console.
func Spec() function.Spec {
	return function.Spec{
		Name:    "console",
		Class:   function.Interactive,
		Paths:   []string{"/*"},
		Binding: function.Bind(build, function.OnHTTP[http.Handler]()),
	}
}

func build(*platform.Opener) (http.Handler, error) {
	f, err := New()
	if err != nil {
		return nil, err
	}
	return httpapi.Chain(f, httpapi.Secure), nil
}
