package jobplan

import (
	"time"

	"lastmile/shared/bulk/bulkdb"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobredis"
	"lastmile/shared/job/jobtimer"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:      "jobplan",
		Class:     function.Bulk,
		Timeout:   5 * time.Minute,
		Publishes: []event.Event{&event.BulkPage{}, &event.CatalogPage{}},
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
	events, err := p.Bus()
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
	catalogs := Catalog{
		Catalogs: catalogdb.New(db),
		Provider: cataloghttp.New(cataloghttp.Options{AllowPrivate: p.Config.PrivateProviders}),
		Secrets:  p.Secret,
	}
	divisions := Bulk{Jobs: jobs, Items: bulkdb.New(db), Files: files}.Divisions()
	divisions[job.CatalogSync] = catalogs.Divide
	return New(jobs, divisions, events, jobredis.New(cache), jobtimer.New(timers), p.Log()), nil
}
