package catalogtick

import (
	"time"

	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:      caller,
		Class:     function.Small,
		Publishes: []event.Event{&event.JobPlan{}},
		Binding:   function.Bind(build, function.OnSchedule("* * * * *", "UTC", (*Function).Handle)),
	}
}

func build(p *platform.Opener) (*Function, error) {
	return New(catalogdb.New(p.Docs()), jobdb.New(p.Docs()), p.Log(), time.Now), nil
}
