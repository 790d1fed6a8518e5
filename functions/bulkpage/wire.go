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

func build(p *platform.Platform) (*Function, error) {
	db, err := p.Docs()
	if err != nil {
		return nil, err
	}
	cache, err := p.Redis()
	if err != nil {
		return nil, err
	}
	timers, err := p.Timers()
	if err != nil {
		return nil, err
	}
	files, err := p.PrivateFiles()
	if err != nil {
		return nil, err
	}
	jobs := jobdb.New(db)
	pages := jobdb.NewPages(jobs, jobredis.New(cache), jobtimer.New(timers), p.Log())
	return New(pages, jobs, bulkdb.New(db), files), nil
}
