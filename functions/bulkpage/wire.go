package bulkpage

import (
	"time"

	"lastmile/shared/bulk/bulkdb"
	"lastmile/shared/function"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobredis"
	"lastmile/shared/job/jobtimer"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:      "bulkpage",
		Class:     function.Bulk,
		Schedules: []string{jobtimer.Function},
		Uses:      []platform.Resource{platform.Redis, platform.PrivateFiles},
		Binding: function.Bind(build,
			function.OnEvent((*Function).Handle, function.Retry{Min: time.Second, Max: 30 * time.Second, Attempts: 6})),
	}
}

func build(p *platform.Opener) (*Function, error) {
	jobs := jobdb.New(p.Docs())
	pages := jobdb.NewPages(jobs, jobredis.New(p.Redis()), jobtimer.New(p.Timers()), p.Log())
	return New(pages, jobs, bulkdb.New(p.Docs()), p.PrivateFiles()), nil
}
