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
		Uses:      []platform.Resource{platform.Redis, platform.PrivateFiles, platform.ProviderSecrets},
		Binding: function.Bind(build,
			function.OnEvent((*Function).Handle, function.Retry{Min: time.Second, Max: 30 * time.Second, Attempts: 6})),
	}
}

func build(p *platform.Opener) (*Function, error) {
	jobs := jobdb.New(p.Docs())
	catalogs := Catalog{
		Catalogs: catalogdb.New(p.Docs()),
		Provider: cataloghttp.New(cataloghttp.Options{AllowPrivate: p.Config.PrivateProviders}),
		Secrets:  p.ProviderSecret,
	}
	divisions := Bulk{Jobs: jobs, Items: bulkdb.New(p.Docs()), Files: p.PrivateFiles()}.Divisions()
	divisions[job.CatalogSync] = catalogs.Divide
	return New(jobs, divisions, p.Bus(), jobredis.New(p.Redis()), jobtimer.New(p.Timers()), p.Log()), nil
}
