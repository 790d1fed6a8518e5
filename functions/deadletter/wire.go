package deadletter

import (
	"lastmile/shared/bus"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/function"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:    "deadletter",
		Class:   function.Small,
		Uses:    []platform.Resource{platform.Redis},
		Binding: function.Bind(build, function.OnMessages(bus.DeadLetterTopic, (*Function).Handle, function.Retry{Attempts: 100})),
	}
}

func build(p *platform.Opener) (*Function, error) {
	return New(deadletterdb.New(p.Docs())), nil
}
