package catalogpage

import (
	"context"
	"time"

	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobredis"
	"lastmile/shared/job/jobtimer"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:      "catalogpage",
		Class:     function.Bulk,
		Timeout:   90 * time.Second, // [job.PageTimeout], and time to record a failure
		Publishes: []event.Event{&event.CatalogPage{}, &event.ItemPicture{}},
		Schedules: []string{jobtimer.Function},
		Uses:      []platform.Resource{platform.Redis, platform.ProviderSecrets},
		Binding: function.Bind(build,
			function.OnEvent((*Function).Handle, function.Retry{Min: time.Second, Max: time.Minute, Attempts: 8})),
	}
}

func build(p *platform.Opener) (*Function, error) {
	pages := jobdb.NewPages(jobdb.New(p.Docs()), jobredis.New(p.Redis()), jobtimer.New(p.Timers()), p.Log())
	from := providers{cataloghttp.New(cataloghttp.Options{AllowPrivate: p.Config.PrivateProviders}), p.ProviderSecret}
	return New(pages, catalogdb.New(p.Docs()), from, p.Bus()), nil
}

// providers are asked with the secrets that are mounted.
type providers struct {
	client  *cataloghttp.Client
	secrets cataloghttp.Secrets
}

// Fetch implements [Provider].
func (p providers) Fetch(ctx context.Context, s catalog.Settings, r catalog.PageRef) (catalog.Page, error) {
	return p.client.Fetch(ctx, s, r, p.secrets)
}
