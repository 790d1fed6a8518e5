package jobfinish

import (
	"time"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/function"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobtimer"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:    jobtimer.Function,
		Class:   function.Small,
		Timeout: timeout,
		Uses:    []platform.Resource{platform.Redis, platform.PrivateFiles, platform.PublicFiles},
		Binding: function.Bind(build, function.OnTimer((*Function).Handle)),
	}
}

func build(p *platform.Opener) (*Function, error) {
	files := attachmentdb.New(p.Docs(), p.PrivateFiles(), p.PublicFiles(), time.Now)
	sync := Sync{Catalogs: catalogdb.New(p.Docs()), Log: p.Log()}
	return New(jobdb.New(p.Docs()), map[job.Kind]Completion{job.CatalogSync: sync.Complete}, files, p.Log(), time.Now), nil
}
