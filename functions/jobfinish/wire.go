package jobfinish

import (
	"time"

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
		Binding: function.Bind(build, function.OnTimer((*Function).Handle)),
	}
}

func build(p *platform.Platform) (*Function, error) {
	db, err := p.Docs()
	if err != nil {
		return nil, err
	}
	sync := Sync{Catalogs: catalogdb.New(db), Log: p.Log()}
	return New(jobdb.New(db), map[job.Kind]Completion{job.CatalogSync: sync.Complete}, p.Log(), time.Now), nil
}
